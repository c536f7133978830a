import { type Clock } from '@patchbay/objects';

/** What a stall watch needs. */
export interface StallWatchOptions {
  readonly clock: Clock;
  /** How long the reader may take nothing, in milliseconds. */
  readonly stallMs: number;
  /** Reports whether the reader is waited for. */
  readonly waiting: () => boolean;
  /** Returns how many bytes the reader has taken. */
  readonly takenBytes: () => number;
  /** Called when the reader has taken nothing for too long. */
  readonly onStall: () => void;
}

/** Detects a reader that takes nothing while it is waited for. It costs nothing until it is started. */
export class StallWatch {
  readonly #options: StallWatchOptions;
  readonly #stop = new AbortController();
  #watching = false;

  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  /** Watches until the reader is no longer waited for. */
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
