import { type Clock, PeriodicTask } from '@patchbay/objects';

import { turn, waitingParts } from '../keepalive.js';

export interface StallWatchOptions {
  readonly clock: Clock;
  /** How long the reader may take nothing, in milliseconds in which this process runs. */
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
    let silentParts = 0;
    const partMs = stallMs / waitingParts;
    const task = PeriodicTask.start({
      clock,
      delayMs: partMs,
      background: true,
      run: async () => {
        await turn(); // one that this process was too busy to serve is not to blame
        const taken = takenBytes();
        silentParts = taken === before ? silentParts + 1 : 0;
        before = taken;
        const stalled = waiting() && silentParts === waitingParts;
        if (!task.isClosed && (!waiting() || stalled)) {
          void task.close();
          if (stalled) {
            onStall();
          }
        }
        return partMs;
      },
    });
    this.#task = task;
  }

  stop(): void {
    this.#isClosed = true;
    void this.#task?.close();
  }
}
