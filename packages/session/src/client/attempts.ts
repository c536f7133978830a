import { type Clock } from '@patchbay/objects';

/** How long to wait after an attempt that failed, in milliseconds; each time up to twice as long. */
const againMs = { first: 200, last: 3_000 };

/**
 * Makes attempts one after another until it is stopped: each says how long all is well then, in milliseconds, or
 * undefined when it failed and shall be made again before long.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #attempt: () => Promise<number | undefined>;
  readonly #loop: Promise<void>;
  #stopped = false;
  #nap = new AbortController();
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock, attempt: () => Promise<number | undefined>) {
    this.#clock = clock;
    this.#attempt = attempt;
    this.#loop = this.#run();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Has one more attempt made, now or right after the one that is under way, and waits until it is over. */
  async now(): Promise<void> {
    if (!this.#stopped) {
      const over = new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
      this.#nap.abort();
      await over;
    }
  }

  /** Makes no attempt any more, and waits for the one that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#nap.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // whoever made this has it before the first attempt
    let pauseMs = againMs.first;
    while (!this.#stopped) {
      const waiting = this.#waiting.splice(0);
      const waitMs = await this.#attempt();
      settle(waiting);
      if (this.#waiting.length > 0) {
        continue;
      }
      if (waitMs === undefined) {
        await this.#sleep(pauseMs * (0.5 + Math.random()));
        pauseMs = Math.min(2 * pauseMs, againMs.last);
      } else {
        pauseMs = againMs.first;
        await this.#sleep(waitMs);
      }
    }
    settle(this.#waiting);
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) {
      return;
    }
    this.#nap = new AbortController();
    const { signal } = this.#nap;
    try {
      await this.#clock.sleep(ms, { signal });
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }
}

function settle(waiting: readonly (() => void)[]): void {
  for (const resolve of waiting) {
    resolve();
  }
}
