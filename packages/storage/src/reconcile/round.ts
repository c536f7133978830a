import { type Log } from '@patchbay/objects';

import { emptyReport, failureOf } from './report.js';

/** One reconcile under way, with what it has found and done so far. */
export class Round {
  readonly report = emptyReport();
  /** Whether it only tells what it would do. */
  readonly dryRun: boolean;
  readonly #log: Log;

  constructor(log: Log, dryRun = false) {
    this.#log = log;
    this.dryRun = dryRun;
  }

  /** Does work on one thing; when it fails, the report names the thing, and the other things have their turn. */
  async attempt(thing: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.warn('a reconcile could not put something right; the next one tries again', { thing, error });
      this.report.failed.push(failureOf(thing, error));
    }
  }
}
