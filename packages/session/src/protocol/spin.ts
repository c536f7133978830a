import { coreError } from '@patchbay/objects';

/** The longest spin that may be asked for, in microseconds. */
const longestSpinUs = 1_000;

/**
 * Keeps the event loop from going to sleep for a moment after something was sent, while an answer is awaited: waking a
 * sleeping processor costs more than a whole call. The price is a busy processor meanwhile, at most for the given time
 * after each kick.
 */
export class Spin {
  readonly #ms: number;
  readonly #awaited: () => boolean;
  #untilMs = 0;
  #spinning = false;

  /**
   * Makes one, unless the time is 0.
   *
   * @param awaited says whether an answer is still to come
   * @throws RpcError `ARGUMENT_INVALID` for a time that is not within 0 to 1000 us
   */
  static of(spinUs: number | undefined = 0, awaited: () => boolean): Spin | undefined {
    if (!(spinUs >= 0 && spinUs <= longestSpinUs)) {
      const limit = String(longestSpinUs);
      throw coreError('ARGUMENT_INVALID', `spinUs must be 0 to ${limit}, not ${String(spinUs)}`);
    }
    return spinUs === 0 ? undefined : new Spin(spinUs, awaited);
  }

  private constructor(spinUs: number, awaited: () => boolean) {
    this.#ms = spinUs / 1000;
    this.#awaited = awaited;
  }

  /** Begins to spin, or goes on for the whole time from now. */
  kick(): void {
    this.#untilMs = performance.now() + this.#ms;
    if (!this.#spinning) {
      this.#spinning = true;
      setImmediate(this.#turn);
    }
  }

  readonly #turn = (): void => {
    // An immediate that is due makes the loop look for input without waiting for it.
    if (this.#awaited() && performance.now() < this.#untilMs) {
      setImmediate(this.#turn);
    } else {
      this.#spinning = false;
    }
  };
}
