import { setTimeout as delay } from 'node:timers/promises';

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
  monotonicMs: () => performance.now(),
  sleep: async (ms, options = {}) => {
    try {
      await delay(ms, undefined, {
        ref: options.background !== true,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (error) {
      throw options.signal?.aborted === true ? options.signal.reason : error;
    }
  },
};
