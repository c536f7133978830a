/** Runs tasks one after the other, in the order in which they were given. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    // A task that fails is its caller's affair; the next one runs all the same.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
