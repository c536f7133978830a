const slots = 128;

/**
 * Keeps the calls of a session by their numbers, which mostly count up: each has a slot of its own among the latest.
 * A call whose slot is taken, by one that lasts longer, goes into a map, which alone would cost a short call several
 * times as much. The numbers may come from anybody.
 */
export class CallTable<Call> {
  // Both made with the first call, as most sessions of a large server idle.
  #numbers: number[] = [];
  #calls: (Call | undefined)[] = [];
  readonly #others = new Map<number, Call>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(number: number): Call | undefined {
    const slot = number % slots;
    if (this.#numbers[slot] === number) {
      return this.#calls[slot];
    }
    return this.#others.size === 0 ? undefined : this.#others.get(number);
  }

  has(number: number): boolean {
    return this.get(number) !== undefined;
  }

  /** Adds a call whose number is not here yet. */
  add(number: number, call: Call): void {
    if (this.#numbers.length === 0) {
      this.#numbers = new Array<number>(slots).fill(-1);
      this.#calls = new Array<undefined>(slots).fill(undefined);
    }
    const slot = number % slots;
    if (this.#numbers[slot] === -1) {
      this.#numbers[slot] = number;
      this.#calls[slot] = call;
    } else {
      this.#others.set(number, call);
    }
    this.#size++;
  }

  /** Removes a call and says whether it was here. */
  delete(number: number): boolean {
    const slot = number % slots;
    if (this.#numbers[slot] === number) {
      this.#numbers[slot] = -1;
      this.#calls[slot] = undefined;
    } else if (!this.#others.delete(number)) {
      return false;
    }
    this.#size--;
    return true;
  }

  /** Removes all calls and gives them. */
  takeAll(): Call[] {
    const calls = [...this.#calls.filter((call) => call !== undefined), ...this.#others.values()];
    this.#numbers.fill(-1);
    this.#calls.fill(undefined);
    this.#others.clear();
    this.#size = 0;
    return calls;
  }
}
