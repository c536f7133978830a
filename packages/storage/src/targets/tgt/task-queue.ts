/** Runs tasks one at a time, in the order in which they were added. */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    // A failure is reported to the caller of that task; the next one runs regardless.
    this.#last = result.catch(() => undefined);
    return result;
  }
}
