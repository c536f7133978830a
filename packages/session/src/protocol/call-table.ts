const slots = 128;

/**
 * Keeps the calls of a session by number. As numbers mostly count up, each of the latest has a slot of its own; a call
 * whose slot is taken by one that lasts longer goes into a map, which alone would cost a short call several times as
 * much. Numbers need not be trusted.
 */
export class CallTable<Call> {
  // Both allocated by the first call, as most sessions of a large server are idle.
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

  /** Adds a call whose number is not in the table. */
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

  /** Removes a call; reports whether it was in the table. */
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

  /** Removes and returns all calls. */
  takeAll(): Call[] {
    const calls = [...this.#calls.filter((call) => call !== undefined), ...this.#others.values()];
    this.#numbers.fill(-1);
    this.#calls.fill(undefined);
    this.#others.clear();
    this.#size = 0;
    return calls;
  }
}
