import { backoffMs, type Clock, isRpcError, type Log, PeriodicTask } from '@patchbay/objects';

import type { Journal, JournalEntry } from './journal.js';
import { reduced } from './outcomes.js';
import type { Worker } from './worker.js';

/** What the outbox works with. */
export interface OutboxOptions {
  readonly journal: Journal;
  readonly worker: Worker;
  readonly clock: Clock;
  readonly log: Log;
}

const retry = { firstMs: 500, maxMs: 15_000, jitter: true };
/** How long `jobs` may take to take an outcome, in milliseconds. */
const finishMs = 10_000;

/** Reports how attempts ended that the journal has, until `jobs` has taken it, across restarts. */
export class Outbox implements AsyncDisposable {
  readonly #options: OutboxOptions;
  readonly #task: PeriodicTask;

  /** Begins to report what the journal has. */
  constructor(options: OutboxOptions) {
    const { clock } = options;
    this.#options = options;
    this.#task = PeriodicTask.start({
      clock,
      run: async (signal) => {
        await this.#reportAll(signal);
        return undefined;
      },
      onFailure: (_, failures) => backoffMs(retry, failures),
    });
  }

  /** Tries to report what the journal has now; resolves when that was tried. Never rejects. */
  flush(): Promise<void> {
    return this.#task.wake();
  }

  /** Reports no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#task.close();
  }

  async #reportAll(signal: AbortSignal): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (const entry of this.#options.journal.entries) {
      if (entry.outcome !== undefined && !signal.aborted) {
        await this.#report(entry, entry.outcome, signal).catch((error: unknown) => {
          failure = { error };
        });
      }
    }
    if (failure !== undefined) {
      throw failure.error;
    }
  }

  async #report(
    entry: JournalEntry,
    outcome: NonNullable<JournalEntry['outcome']>,
    signal: AbortSignal,
  ): Promise<void> {
    const { journal, worker, log } = this.#options;
    const about = { job: entry.id, attempt: entry.attempt };
    try {
      await worker.finish(entry, outcome, { signal, timeoutMs: finishMs });
      log.info('job ended', { ...about, state: outcome.state, reason: outcome.reason });
    } catch (error) {
      if (isRpcError(error, 'ATTEMPT_STALE', 'JOB_NOT_FOUND')) {
        log.warn("dropped the outcome of an attempt that is not this host's any more", { ...about, error });
      } else if (isRefused(error) && (outcome.result !== undefined || outcome.details !== undefined)) {
        log.warn('jobs refused an outcome; reporting it without its result', { ...about, error });
        await journal.end(entry, reduced(outcome));
        throw error;
      } else {
        log.warn('cannot report how a job ended; trying again', { ...about, error });
        throw error;
      }
    }
    await journal.forget(entry).catch((error: unknown) => {
      log.error('cannot write the journal', { ...about, error });
    });
  }
}

/** Reports whether what was said is at fault, and not whoever was to hear it. */
function isRefused(error: unknown): boolean {
  return isRpcError(error) && (error.code === 'INVALID_ARGUMENT' || error.code === 'RESOURCE_EXHAUSTED');
}
