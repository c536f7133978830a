import { type Clock } from './clock.js';

/** An entry that expires at a time, in the clock's monotonic milliseconds. */
export interface Expiring {
  readonly expiresAtMs: number;
  /** Its index in `Deadlines`, which alone reads and writes it. */
  deadlineIndex: number;
  /** Called once, when its time has passed. */
  expire(): void;
}

/**
 * Keeps the deadlines of many short calls with one timer, so that adding and removing one is cheap. The timer fires at
 * the earliest deadline known when it was set, and is then set for the next.
 */
export class Deadlines<Entry extends Expiring = Expiring> implements Iterable<Entry>, Disposable {
  readonly #clock: Clock;
  // Unordered, without gaps. A Set would do as well, but costs a short call several times as much.
  readonly #pending: (Entry | undefined)[] = [];
  #count = 0;
  #firesAtMs = Infinity;
  #timer = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the time at which a limit that starts now passes. */
  expiryOf(timeoutMs: number): number {
    return this.#clock.monotonicMs() + timeoutMs;
  }

  /** The number of entries. */
  get size(): number {
    return this.#count;
  }

  /** Adds an entry, until it expires or is deleted. */
  add(entry: Entry): void {
    entry.deadlineIndex = this.#count;
    this.#pending[this.#count++] = entry;
    if (entry.expiresAtMs < this.#firesAtMs) {
      this.#setTimer(entry.expiresAtMs);
    }
  }

  /** Deletes an entry, if it is there. */
  delete(entry: Entry): void {
    const index = entry.deadlineIndex;
    if (this.#pending[index] !== entry) {
      return; // already deleted or expired
    }
    const last = this.#pending[--this.#count] as Entry;
    this.#pending[index] = last;
    last.deadlineIndex = index;
    this.#pending[this.#count] = undefined;
  }

  /** Iterates over the entries that have neither expired nor been deleted. */
  [Symbol.iterator](): IterableIterator<Entry> {
    return (this.#pending.slice(0, this.#count) as Entry[]).values();
  }

  /** Deletes all entries, and stops the timer. */
  close(): void {
    this.#pending.length = 0;
    this.#count = 0;
    this.#timer.abort();
    this.#firesAtMs = Infinity;
  }

  /** Does the same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #setTimer(atMs: number): void {
    this.#timer.abort();
    this.#timer = new AbortController();
    this.#firesAtMs = atMs;
    const { signal } = this.#timer;
    const ms = Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs()));
    this.#clock.sleep(ms, { signal, background: true }).then(
      () => {
        this.#expire();
      },
      () => undefined, // replaced by an earlier one, or closed
    );
  }

  #expire(): void {
    this.#firesAtMs = Infinity;
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
    if (nextMs < this.#firesAtMs) {
      this.#setTimer(nextMs);
    }
  }
}
