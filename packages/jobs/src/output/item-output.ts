import type { Clock, Log } from '@patchbay/objects';

import type { Attempt } from '../worker-protocol.js';
import { encodeFrames } from './frames.js';
import type { OutputStore, OutputWriter } from './output-store.js';

interface Opened {
  readonly writer: Promise<OutputWriter>;
  readonly beganAtMs: number;
  hasFailed: boolean;
}

/** Keeps what the calls of objects' queues yield as their output: bytes as they are, anything else as a line of JSON. */
export class ItemOutput {
  readonly #store: OutputStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #open = new Map<string, Opened>();

  constructor(store: OutputStore, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Keeps an item. Never rejects: a job does not fail by that. */
  async item(attempt: Attempt, item: unknown): Promise<void> {
    const opened = this.#opened(attempt);
    if (!opened.hasFailed) {
      const bytes = item instanceof Uint8Array ? item : Buffer.from(`${JSON.stringify(item)}\n`);
      const frames = encodeFrames('out', this.#clock.monotonicMs() - opened.beganAtMs, bytes);
      await this.#try(attempt, opened, (writer) => writer.write(frames));
    }
  }

  /** Notes that nothing more comes: also of nothing at all there is a file, so that it is not taken for lost. */
  async end(attempt: Attempt): Promise<void> {
    const opened = this.#opened(attempt);
    this.#open.delete(keyOf(attempt));
    await this.#try(attempt, opened, (writer) => writer.close());
  }

  #opened(attempt: Attempt): Opened {
    const key = keyOf(attempt);
    const known = this.#open.get(key);
    if (known !== undefined) {
      return known;
    }
    const beganAtMs = this.#clock.monotonicMs();
    const opened = { writer: this.#store.open(attempt), beganAtMs, hasFailed: false };
    this.#open.set(key, opened);
    return opened;
  }

  async #try(
    { id, attempt }: Attempt,
    opened: Opened,
    act: (writer: OutputWriter) => Promise<void>,
  ): Promise<void> {
    try {
      await act(await opened.writer);
    } catch (error) {
      if (!opened.hasFailed) {
        opened.hasFailed = true;
        this.#log.warn('cannot keep what a job yields', { job: id, attempt, error });
      }
    }
  }
}

function keyOf({ id, attempt }: Attempt): string {
  return `${id}/${String(attempt)}`;
}
