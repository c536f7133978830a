import { type Clock, type Log } from '@patchbay/objects';

/**
 * Does work again and again: every so often, counted from the end of the last time, and whenever somebody knows
 * that it is needed. A failure is logged and does not end it.
 */
export class Upkeep implements AsyncDisposable {
  readonly #work: () => Promise<unknown>;
  readonly #pauseMs: () => number;
  readonly #services: { readonly clock: Clock; readonly log: Log };
  readonly #ended: Promise<void>;
  #sleep = new AbortController();
  #due = false;
  #stopping = false;

  /** @param pauseMs gives the milliseconds between the end of one time and the beginning of the next */
  constructor(
    work: () => Promise<unknown>,
    pauseMs: () => number,
    services: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#work = work;
    this.#pauseMs = pauseMs;
    this.#services = services;
    this.#ended = this.#repeat();
  }

  /** Asks for the work now, or once more when it is being done. */
  soon(): void {
    this.#due = true;
    this.#sleep.abort();
  }

  /** Waits for the work, where it is being done, and does it no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#sleep.abort();
    await this.#ended;
  }

  async #repeat(): Promise<void> {
    for (;;) {
      await this.#untilDue();
      if (this.#stopping) {
        return;
      }
      this.#due = false;
      try {
        await this.#work();
      } catch (error) {
        this.#services.log.error('scheduled work failed', { error });
      }
    }
  }

  async #untilDue(): Promise<void> {
    this.#sleep = new AbortController();
    if (this.#due || this.#stopping) {
      return;
    }
    try {
      await this.#services.clock.sleep(this.#pauseMs(), { signal: this.#sleep.signal });
    } catch {
      // Woken: only `soon` and the end do that.
    }
  }
}
