import { type Clock } from './clock.js';

/** Something that ends by itself at a time of the clock's monotonic milliseconds. */
export interface Expiring {
  readonly expiresAtMs: number;
  /** Where the deadlines keep it; theirs alone to read and write. */
  deadlineIndex: number;
  /** Called when its time has passed. */
  expire(): void;
}

/**
 * Watches over the deadlines of many short calls with one sleeper: adding and removing one costs no timer. The
 * sleeper wakes when the earliest deadline that it knew of passes, and then looks for the next.
 */
export class Deadlines<Entry extends Expiring = Expiring> implements Iterable<Entry> {
  readonly #clock: Clock;
  // In no order, without gaps. A set would do as well, but costs a short call several times as much.
  readonly #pending: (Entry | undefined)[] = [];
  #count = 0;
  #wakesAtMs = Infinity;
  #sleeper = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Says when a time limit that begins now will have passed. */
  expiryOf(timeoutMs: number): number {
    return this.#clock.monotonicMs() + timeoutMs;
  }

  /** How many there are. */
  get size(): number {
    return this.#count;
  }

  /** Watches over an entry until it expires or is deleted. */
  add(entry: Entry): void {
    entry.deadlineIndex = this.#count;
    this.#pending[this.#count++] = entry;
    if (entry.expiresAtMs < this.#wakesAtMs) {
      this.#sleepUntil(entry.expiresAtMs);
    }
  }

  /** Forgets an entry; nothing happens when it is not there. */
  delete(entry: Entry): void {
    const place = entry.deadlineIndex;
    if (this.#pending[place] !== entry) {
      return; // deleted already, or expired
    }
    const last = this.#pending[--this.#count] as Entry;
    this.#pending[place] = last;
    last.deadlineIndex = place;
    this.#pending[this.#count] = undefined;
  }

  /** Gives those that have neither expired nor been deleted. */
  [Symbol.iterator](): IterableIterator<Entry> {
    return (this.#pending.slice(0, this.#count) as Entry[]).values();
  }

  /** Forgets everything. */
  close(): void {
    this.#pending.length = 0;
    this.#count = 0;
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
    for (const entry of this) {
      if (entry.expiresAtMs <= nowMs) {
        this.delete(entry);
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
