import { type Clock, isRpcError, type Log, PeriodicTask } from '@patchbay/objects';

import type { Queue } from './queue.js';

/** How many jobs that are due are changed before others get their turn. */
const together = 100;
/** The longest wait, in milliseconds: the wall clock may be set. */
const longestMs = 60_000;
/** How long to wait after jobs that are due could not be changed. */
const retryMs = 1_000;

/** Changes jobs by the clock: what waited is queued, and what expired, timed out or was lost for long is seen to. */
export class DueClock implements AsyncDisposable {
  readonly #queue: Queue;
  readonly #task: PeriodicTask;
  readonly #stop: () => void;
  #wakesAtMs = 0;

  constructor(queue: Queue, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#queue = queue;
    this.#task = PeriodicTask.start({
      clock,
      background: true,
      run: (signal) => this.#run(clock, signal),
      onFailure: (error, failures) => {
        if (failures === 1) {
          log.error('jobs that are due could not be changed; trying again', { error });
        }
        return retryMs;
      },
    });
    this.#stop = queue.onChange(() => {
      if ((queue.live.nextDueMs() ?? Infinity) < this.#wakesAtMs) {
        this.#wakesAtMs = 0;
        void this.#task.wake();
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#task.close();
  }

  async #run(clock: Clock, signal: AbortSignal): Promise<number> {
    for (;;) {
      const ids = this.#queue.live.dueBy(clock.now(), together);
      if (ids.length === 0 || signal.aborted) {
        break;
      }
      await Promise.all(ids.map((id) => this.#queue.apply(id, { type: 'due' }).catch(ignoreRefusal)));
    }
    const nowMs = clock.now();
    this.#wakesAtMs = Math.min(this.#queue.live.nextDueMs() ?? Infinity, nowMs + longestMs);
    return Math.max(0, this.#wakesAtMs - nowMs);
  }
}

/** A job may have been changed by others since it was found to be due. */
function ignoreRefusal(error: unknown): void {
  if (!isRpcError(error, 'JOB_NOT_FOUND', 'JOB_FINISHED')) {
    throw error;
  }
}
