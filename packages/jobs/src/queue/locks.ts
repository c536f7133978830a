/** Lets works on the same keys follow one another, and those on others run beside them. */
export class Locks {
  readonly #held = new Map<string, Promise<void>>();

  /** How many keys are worked on. */
  get size(): number {
    return this.#held.size;
  }

  /** Reports whether nothing works on a key: a work on free keys begins at once. */
  isFree(key: string): boolean {
    return !this.#held.has(key);
  }

  /** Runs a work when all of its keys are free. */
  async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    for (let busy = this.#busy(keys); busy !== undefined; busy = this.#busy(keys)) {
      await busy;
    }
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const key of keys) {
      this.#held.set(key, held);
    }
    try {
      return await work();
    } finally {
      for (const key of keys) {
        this.#held.delete(key);
      }
      release();
    }
  }

  #busy(keys: readonly string[]): Promise<void> | undefined {
    const busy = keys.find((key) => this.#held.has(key));
    return busy === undefined ? undefined : this.#held.get(busy);
  }
}
