/** The time, as a dependency: everything that waits or dates takes one, so that tests need not wait. */
export interface Clock {
  /** Gives the wall-clock time, in milliseconds since the Unix epoch. */
  now(): number;
  /** Gives a time that never jumps, in milliseconds from an arbitrary start: for leases and durations. */
  monotonicMs(): number;
  /** Waits; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, options?: SleepOptions): Promise<void>;
}

/** How to wait. */
export interface SleepOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether the process may end while this sleeper is the last thing in it. Default: false. */
  readonly background?: boolean | undefined;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Not `performance`, and below no `node:timers/promises`: loading them takes a millisecond of a command's start.
  monotonicMs: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
  sleep: (ms, { signal, background = false } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const wake = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      if (background) {
        timer.unref();
      }
    }),
};
