import type { Clock, Log } from '@patchbay/objects';

import type { CallFile } from './call-file.js';
import type { CallRecord } from './record.js';

/**
 * How many calls are written together, how long the first of them waits, how many may wait, and how long other work waits
 * while some are written.
 */
const limits = { batch: 1_000, waitMs: 200, waiting: 10_000, sliceMs: 4 };

/**
 * Writes calls in batches, each in slices between which other work runs. It drops and counts what it cannot write, rather
 * than slow a call.
 */
export class CallQueue {
  readonly #options: {
    readonly file: CallFile;
    readonly clock: Clock;
    readonly log: Log;
    readonly onWritten: () => void;
  };
  #waiting: CallRecord[] = [];
  #scheduled = false;
  #dropped = 0;
  #untold = 0;
  /** How many calls have left the queue, written or not. */
  #done = 0;
  /** Resolves when the next slice has been written. */
  #slice: Promise<void> | undefined;

  constructor(options: {
    readonly file: CallFile;
    readonly clock: Clock;
    readonly log: Log;
    /** Called after each batch. */
    readonly onWritten: () => void;
  }) {
    this.#options = options;
  }

  /** How many calls were not written. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes a call soon. */
  add(record: CallRecord): void {
    if (this.#waiting.length >= limits.waiting) {
      this.#drop(1);
      return;
    }
    this.#waiting.push(record);
    if (this.#waiting.length % limits.batch === 0) {
      void this.flush();
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#options.clock.sleep(limits.waitMs, { background: true }).then(
        () => {
          this.#scheduled = false;
          void this.flush();
        },
        () => undefined,
      );
    }
  }

  /** Writes what waits now. */
  async flush(): Promise<void> {
    const last = this.#done + this.#waiting.length;
    while (this.#done < last) {
      this.#slice ??= new Promise((resolve) => {
        setImmediate(() => {
          this.#slice = undefined;
          this.#writeSlice();
          resolve();
        });
      });
      await this.#slice;
    }
  }

  #writeSlice(): void {
    const { file, clock, log, onWritten } = this.#options;
    const batch = this.#waiting.slice(0, limits.batch);
    const untilMs = clock.monotonicMs() + limits.sliceMs;
    const written = file.use((table) => table.write(batch, () => clock.monotonicMs() < untilMs))?.value;
    const taken = written ?? batch.length;
    this.#waiting.splice(0, taken);
    this.#done += taken;
    if (written === undefined) {
      this.#drop(taken);
      return;
    }
    if (this.#untold > 0) {
      log.warn('calls were not logged', { dropped: this.#untold });
      this.#untold = 0;
    }
    onWritten();
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#untold += count;
  }
}
