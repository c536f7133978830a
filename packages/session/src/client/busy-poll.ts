import { coreError } from '@patchbay/objects';

/** The longest time to poll, in microseconds. */
const maxPollUs = 1_000;

/**
 * Busy-polls the event loop for a moment after something was sent, while an answer is awaited: waking a sleeping
 * processor costs more than a whole call. The price is a busy processor meanwhile.
 */
export class BusyPoll {
  readonly #pollMs: number;
  readonly #isAwaited: () => boolean;
  #untilMs = 0;
  #polling = false;

  /**
   * @param pollUs how long to poll after each `extend`, in microseconds
   * @param isAwaited reports whether an answer is still to come
   * @throws RpcError `ARGUMENT_INVALID` for a time outside 0 to 1000 us
   */
  constructor(pollUs: number, isAwaited: () => boolean) {
    if (!(pollUs >= 0 && pollUs <= maxPollUs)) {
      throw coreError('ARGUMENT_INVALID', `spinUs must be 0 to ${String(maxPollUs)}, not ${String(pollUs)}`);
    }
    this.#pollMs = pollUs / 1000;
    this.#isAwaited = isAwaited;
  }

  /** Polls for the whole time from now on. */
  extend(): void {
    this.#untilMs = performance.now() + this.#pollMs;
    if (!this.#polling) {
      this.#polling = true;
      setImmediate(this.#turn);
    }
  }

  readonly #turn = (): void => {
    // An immediate that is due makes the loop look for input without waiting for it.
    if (this.#isAwaited() && performance.now() < this.#untilMs) {
      setImmediate(this.#turn);
    } else {
      this.#polling = false;
    }
  };
}
