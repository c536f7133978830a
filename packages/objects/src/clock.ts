/** The time, as a dependency: whatever waits or takes timestamps is given one, so that tests need not wait. */
export interface Clock {
  /** Returns the wall-clock time, in milliseconds since the Unix epoch. */
  now(): number;
  /** Returns a time that never jumps, in milliseconds from an arbitrary start: for leases and durations. */
  monotonicMs(): number;
  /** Waits; rejects with the signal's reason if it is aborted first. */
  sleep(ms: number, options?: SleepOptions): Promise<void>;
}

/** The options of `Clock.sleep`. */
export interface SleepOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether the process may exit while it only sleeps. Default: false. */
  readonly background?: boolean | undefined;
}

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Neither `performance` nor, below, `node:timers/promises`: loading them takes 1 ms of a command's start.
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
