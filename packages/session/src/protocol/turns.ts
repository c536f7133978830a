/** Lets only so many run at once; the others wait for their turn, first come, first served. */
export class Turns<Waiter> {
  max: number;
  readonly #start: (waiter: Waiter) => void;
  #running = 0;
  // Allocated by the first that waits, as most sessions never need them. The cursor remembers where the first one is:
  // each search for it would pass over all that were there before.
  #waiting: Set<Waiter> | undefined;
  #cursor: SetIterator<Waiter> | undefined;
  #starting = false;

  /** @param start starts one that has waited; it must not throw */
  constructor(max: number, start: (waiter: Waiter) => void) {
    this.max = max;
    this.#start = start;
  }

  /** Reports whether one may start now; otherwise it is started when its turn comes. */
  take(waiter: Waiter): boolean {
    if (this.#running < this.max && (this.#waiting === undefined || this.#waiting.size === 0)) {
      this.#running++;
      return true;
    }
    this.#waiting ??= new Set();
    this.#waiting.add(waiter);
    return false;
  }

  /** Notes that one which was started has ended, and starts the next. */
  end(): void {
    this.#running--;
    if (this.#waiting === undefined || this.#waiting.size === 0 || this.#starting) {
      return; // or its starter continues: those that end at once must not nest
    }
    this.#starting = true;
    while (this.#running < this.max && this.#waiting.size > 0) {
      this.#cursor ??= this.#waiting.values();
      const { done, value } = this.#cursor.next();
      if (done === true) {
        this.#cursor = undefined;
      } else {
        this.#waiting.delete(value);
        this.#running++;
        this.#start(value);
      }
    }
    this.#starting = false;
  }

  /** Removes one that no longer waits for its turn; reports whether it did. */
  leave(waiter: Waiter): boolean {
    return this.#waiting?.delete(waiter) === true;
  }

  /** Removes and returns all that wait, in order. */
  takeWaiting(): Waiter[] {
    const waiting = [...(this.#waiting ?? [])];
    this.#waiting = undefined;
    this.#cursor = undefined;
    return waiting;
  }
}
