import { type Clock } from './clock.js';

/** Something that ends by itself at a time of the clock's monotonic milliseconds. */
export interface Expiring {
  readonly expiresAtMs: number;
  expire(): void;
}

/**
 * Watches over the deadlines of many short calls with one sleeper: adding and removing one costs no timer. The
 * sleeper wakes when the earliest deadline that it knew of passes, and then looks for the next.
 */
export class Deadlines<Entry extends Expiring = Expiring> implements Iterable<Entry> {
  readonly #clock: Clock;
  readonly #pending = new Set<Entry>();
  #wakesAtMs = Infinity;
  #sleeper = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Says when a time limit that begins now will have passed. */
  expiryOf(timeoutMs: number): number {
    return this.#clock.monotonicMs() + timeoutMs;
  }

  add(entry: Entry): void {
    this.#pending.add(entry);
    if (entry.expiresAtMs < this.#wakesAtMs) {
      this.#sleepUntil(entry.expiresAtMs);
    }
  }

  delete(entry: Entry): void {
    this.#pending.delete(entry);
  }

  /** Gives those that have neither expired nor been deleted. */
  [Symbol.iterator](): IterableIterator<Entry> {
    return this.#pending.values();
  }

  /** Forgets everything. */
  close(): void {
    this.#pending.clear();
    this.#sleeper.abort();
    this.#wakesAtMs = Infinity;
  }

  #sleepUntil(atMs: number): void {
    this.#sleeper.abort();
    this.#sleeper = new AbortController();
    this.#wakesAtMs = atMs;
    const { signal } = this.#sleeper;
    const ms = Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs()));
    // A longer sleep than a timer can hold (24 days) wakes early, finds nothing to do and sleeps again.
    this.#clock.sleep(Math.min(ms, 0x7fff_ffff), { signal, background: true }).then(
      () => {
        this.#expire();
      },
      () => undefined, // replaced by an earlier sleeper, or closed
    );
  }

  #expire(): void {
    this.#wakesAtMs = Infinity;
    const nowMs = this.#clock.monotonicMs();
    let nextMs = Infinity;
    for (const entry of [...this.#pending]) {
      if (entry.expiresAtMs <= nowMs) {
        this.#pending.delete(entry);
        entry.expire();
      } else {
        nextMs = Math.min(nextMs, entry.expiresAtMs);
      }
    }
    if (nextMs < this.#wakesAtMs) {
      this.#sleepUntil(nextMs);
    }
  }
}
