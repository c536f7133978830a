import { type Clock } from '@patchbay/objects';

/** What a watch over a reader needs. */
export interface StallWatchOptions {
  readonly clock: Clock;
  /** How long the reader may take nothing, in milliseconds. */
  readonly stallMs: number;
  /** Says whether the reader is waited for. */
  readonly waiting: () => boolean;
  /** Says how many bytes the reader has taken. */
  readonly takenBytes: () => number;
  /** Tells that the reader took nothing for too long. */
  readonly onStall: () => void;
}

/** Finds a reader that takes nothing while it is waited for. It costs nothing until it is asked to look. */
export class StallWatch {
  readonly #options: StallWatchOptions;
  readonly #stop = new AbortController();
  #watching = false;

  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  /** Watches until the reader is not waited for any more. */
  begin(): void {
    if (!this.#watching && !this.#stop.signal.aborted) {
      this.#watching = true;
      this.#watch().then(
        () => {
          this.#watching = false;
        },
        () => undefined, // stopped
      );
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  async #watch(): Promise<void> {
    const { clock, stallMs, waiting, takenBytes, onStall } = this.#options;
    while (waiting()) {
      const before = takenBytes();
      await clock.sleep(stallMs, { signal: this.#stop.signal, background: true });
      if (waiting() && takenBytes() === before) {
        onStall();
        return;
      }
    }
  }
}
