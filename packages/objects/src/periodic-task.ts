import type { Clock } from './clock.js';

/** What a periodic task does, and when. Times are in milliseconds. */
export interface PeriodicTaskOptions {
  readonly clock: Clock;
  /**
   * Does the work once. Returns the wait until the next run; undefined to wait until the task is woken. The signal aborts
   * when the task is closed.
   */
  readonly run: (signal: AbortSignal) => Promise<number | undefined>;
  /** The wait before the first run. Default: 0. */
  readonly delayMs?: number | undefined;
  /**
   * Called when a run has failed, the `failures`th in a row. Returns the wait until the next run; if it throws, the task
   * ends. Not called once the task is closed. Default: the failure ends the task.
   */
  readonly onFailure?: (error: unknown, failures: number) => number | undefined;
  /** Whether the process may exit while the task only waits for its next run. Default: false. */
  readonly background?: boolean;
  /** Closes the task when it aborts. */
  readonly signal?: AbortSignal;
}

/** Runs a function repeatedly until it is closed, one run at a time; `wake` cuts the wait between two runs short. */
export class PeriodicTask implements AsyncDisposable {
  readonly #options: PeriodicTaskOptions;
  readonly #closing = new AbortController();
  /** Settles when the task has ended: rejects if a failure ended it. */
  readonly ended: Promise<void>;
  #wakeUps: (() => void)[] = [];
  #sleep = new AbortController();

  private constructor(options: PeriodicTaskOptions) {
    this.#options = options;
    this.ended = this.#repeat();
    this.ended.catch(() => undefined); // nobody needs to handle it
  }

  /** Starts a task. Its first run begins after this call. */
  static start(options: PeriodicTaskOptions): PeriodicTask {
    return new PeriodicTask(options);
  }

  /** Whether the task was closed, or a failure ended it. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Starts a run at once, or right after the current one. Fulfils when a run that began after this call has ended, even
   * if it failed, or when the task is closed. Never rejects.
   */
  wake(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isClosed) {
        resolve();
      } else {
        this.#wakeUps.push(resolve);
        this.#sleep.abort();
      }
    });
  }

  /** Ends the task: aborts the current run's signal and waits for that run. Must not be awaited inside a run. */
  async close(): Promise<void> {
    this.#abort();
    await this.ended.catch(() => undefined);
  }

  /** Does the same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #abort = (): void => {
    this.#closing.abort();
    this.#sleep.abort();
  };

  async #repeat(): Promise<void> {
    const { signal, delayMs = 0 } = this.#options;
    if (signal?.aborted === true) {
      this.#abort();
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    let wakeUps: (() => void)[] = [];
    let failures = 0;
    try {
      await (delayMs === 0 ? undefined : this.#waitFor(delayMs));
      while (!this.isClosed) {
        wakeUps = this.#wakeUps;
        this.#wakeUps = [];
        let nextMs: number | undefined;
        try {
          nextMs = await this.#options.run(this.#closing.signal);
          failures = 0;
        } catch (error) {
          nextMs = this.#afterFailure(error, ++failures);
        }
        settle(wakeUps);
        await this.#waitFor(nextMs);
      }
    } finally {
      signal?.removeEventListener('abort', this.#abort);
      this.#abort();
      settle([...wakeUps, ...this.#wakeUps]);
    }
  }

  #afterFailure(error: unknown, failures: number): number | undefined {
    if (this.isClosed) {
      return undefined;
    }
    if (this.#options.onFailure === undefined) {
      throw error;
    }
    return this.#options.onFailure(error, failures);
  }

  async #waitFor(ms: number | undefined): Promise<void> {
    if (this.isClosed || this.#wakeUps.length > 0) {
      return;
    }
    const { signal } = (this.#sleep = new AbortController());
    if (ms === undefined) {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
      });
      return;
    }
    const { clock, background } = this.#options;
    await clock.sleep(ms, { signal, background }).catch((error: unknown) => {
      if (!signal.aborted) {
        throw error;
      }
    });
  }
}

function settle(wakeUps: readonly (() => void)[]): void {
  for (const resolve of wakeUps) {
    resolve();
  }
}

/** The waits after failures: exponential, up to a maximum. */
export interface BackoffOptions {
  /** The wait after the first failure, in milliseconds; each further failure doubles it. */
  readonly firstMs: number;
  /** The longest wait, in milliseconds. */
  readonly maxMs: number;
  /** Randomizes each wait between 0.5 and 1.5 times its length, so that many clients do not retry together. */
  readonly jitter?: boolean;
}

/** Returns the wait after a number of failures in a row, in milliseconds. */
export function backoffMs({ firstMs, maxMs, jitter = false }: BackoffOptions, failures: number): number {
  return Math.min(firstMs * 2 ** (failures - 1), maxMs) * (jitter ? 0.5 + Math.random() : 1);
}
