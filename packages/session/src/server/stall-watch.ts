import { type Clock, PeriodicTask } from '@patchbay/objects';

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
  #task: PeriodicTask | undefined;
  #isClosed = false;

  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  /** Watches until the reader is no longer waited for. */
  begin(): void {
    if (this.#isClosed || this.#task?.isClosed === false) {
      return;
    }
    const { clock, stallMs, waiting, takenBytes, onStall } = this.#options;
    if (!waiting()) {
      return;
    }
    let before = takenBytes();
    const task = PeriodicTask.start({
      clock,
      delayMs: stallMs,
      background: true,
      run: () => {
        const taken = takenBytes();
        const stalled = waiting() && taken === before;
        before = taken;
        if (!waiting() || stalled) {
          void task.close();
        }
        if (stalled) {
          onStall();
        }
        return Promise.resolve(stallMs);
      },
    });
    this.#task = task;
  }

  stop(): void {
    this.#isClosed = true;
    void this.#task?.close();
  }
}
