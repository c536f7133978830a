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

/** The longest delay of a timer, 24.8 days; a longer one fires at once. */
const maxTimerMs = 0x7fff_ffff;

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
      let timer: NodeJS.Timeout | undefined;
      const wake = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const wait = (leftMs: number): void => {
        timer =
          leftMs > maxTimerMs ? setTimeout(wait, maxTimerMs, leftMs - maxTimerMs) : setTimeout(wake, leftMs);
        if (background) {
          timer.unref();
        }
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      wait(ms);
    }),
};
