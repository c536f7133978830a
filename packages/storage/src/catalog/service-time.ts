import type { Clock } from '@patchbay/objects';

import type { Catalog } from './catalog.js';
import { facts } from './tables.js';

const fact = 'service-ms';
const saveEveryMs = 60_000;

/**
 * How long the storage object has run, all of its starts together. What is kept for some days is kept by this time, so
 * that neither a wrong clock nor a server that was off for a month ends it. A crash loses about a minute.
 */
export class ServiceTime {
  readonly #catalog: Catalog;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #startedMs: number;
  #before: Promise<number> | undefined;
  #savedMs = 0;

  constructor(catalog: Catalog, clock: Pick<Clock, 'monotonicMs'>) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
  }

  /** Returns the service time in milliseconds. */
  async nowMs(): Promise<number> {
    this.#before ??= this.#catalog.get(facts, fact).then((text) => Number(text ?? 0));
    return Math.round((await this.#before) + this.#clock.monotonicMs() - this.#startedMs);
  }

  /** Writes the service time down, if that is due. */
  async save(): Promise<void> {
    const nowMs = await this.nowMs();
    if (nowMs - this.#savedMs >= saveEveryMs) {
      await this.#catalog.transact((tx) => {
        tx.put(facts, fact, String(nowMs));
      });
      this.#savedMs = nowMs;
    }
  }
}
