import { type Clock, type Log } from '@patchbay/objects';

/**
 * Repeats work: after a pause, counted from the end of the last run, and whenever it is asked for. A failure is logged
 * and does not end it.
 */
export class PeriodicTask implements AsyncDisposable {
  readonly #work: () => Promise<unknown>;
  readonly #pauseMs: () => number;
  readonly #services: { readonly clock: Clock; readonly log: Log };
  readonly #ended: Promise<void>;
  #sleep = new AbortController();
  #due = false;
  #stopping = false;

  /** @param pauseMs - returns the milliseconds between the end of one run and the start of the next */
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

  /** Asks for a run now, or for another one if the work is running. */
  soon(): void {
    this.#due = true;
    this.#sleep.abort();
  }

  /** Ends the task, and waits for the run that is under way, if any. */
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
      // Woken early by `soon` or the end.
    }
  }
}
