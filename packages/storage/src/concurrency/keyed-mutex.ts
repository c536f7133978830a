/** Runs one piece of work at a time for each key, in the order of the calls. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` when all earlier work with this key has ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const ended = (async () => {
      await before;
      return await work();
    })();
    const tail = ended.catch(() => undefined);
    this.#tails.set(key, tail);
    try {
      return await ended;
    } finally {
      if (this.#tails.get(key) === tail) {
        this.#tails.delete(key);
      }
    }
  }
}
