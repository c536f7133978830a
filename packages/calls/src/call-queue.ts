import type { Clock, Log } from '@patchbay/objects';

import type { CallFile } from './call-file.js';
import type { CallRecord } from './record.js';

/** How many calls are written together, how long the first of them waits, and how many may wait. */
const limits = { batch: 1_000, waitMs: 200, waiting: 10_000 };

/** Writes calls in batches. It drops and counts what it cannot write, rather than slow a call. */
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
      setImmediate(() => {
        this.#writeBatch();
      });
    }
    if (!this.#scheduled) {
      this.#scheduled = true;
      this.#options.clock.sleep(limits.waitMs, { background: true }).then(
        () => {
          this.#scheduled = false;
          this.flush();
        },
        () => undefined,
      );
    }
  }

  /** Writes what waits. */
  flush(): void {
    while (this.#waiting.length > 0) {
      this.#writeBatch();
    }
  }

  #writeBatch(): void {
    const { file, log, onWritten } = this.#options;
    const batch = this.#waiting.splice(0, limits.batch);
    if (batch.length === 0) {
      return;
    }
    const written = file.use((table) => {
      table.write(batch);
      return true;
    });
    if (written === undefined) {
      this.#drop(batch.length);
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
