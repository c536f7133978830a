const ignore = (): void => undefined;

/**
 * Marks a promise as handled, and returns it: its rejection ends no process if nobody awaits it. For promises that are
 * handed to users and that can reject by another side's doing.
 */
export function handled<P extends Promise<unknown>>(promise: P): P {
  void Promise.prototype.then.call(promise, undefined, ignore);
  return promise;
}
