import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';
import { finalJobStates } from '@patchbay/objects';

import { idOf, newestFirst } from '../records/keys.js';
import { byState } from '../records/tables.js';
import { forgottenTogether, type Queue } from './queue.js';

/** How often records that were kept for long enough are looked for, in milliseconds. */
const everyMs = 3_600_000;

/** Starts to delete the records of jobs that ended, when they were kept for long enough. */
export function startRetention(
  queue: Queue,
  { keepMs, clock, log }: { readonly keepMs: number; readonly clock: Clock; readonly log: Log },
): PeriodicTask {
  return PeriodicTask.start({
    clock,
    background: true,
    run: async (signal) => {
      const forgotten = await forgetOld(queue, clock.now() - keepMs, signal);
      if (forgotten > 0) {
        log.info('deleted the records of jobs that ended long ago', { jobs: forgotten });
      }
      return everyMs;
    },
    onFailure: (error) => {
      log.error('records of jobs that ended long ago could not be deleted; trying again', { error });
      return everyMs;
    },
  });
}

/** Deletes the jobs that ended before a time; returns how many. */
export async function forgetOld(queue: Queue, beforeMs: number, signal?: AbortSignal): Promise<number> {
  let forgotten = 0;
  for (const state of finalJobStates) {
    const prefix = `${byState.prefix}${state}/`;
    // What ended before was submitted before: the newest are skipped.
    let after: string | undefined = `${prefix}${newestFirst(beforeMs)}`;
    while (after !== undefined && signal?.aborted !== true) {
      const { entries, more } = await queue.store.range({ prefix, after, limit: forgottenTogether });
      forgotten += await queue.forget(
        entries.map(({ key }) => idOf(key)),
        ({ finishedAtMs = 0 }) => finishedAtMs < beforeMs,
      );
      after = more ? entries.at(-1)?.key : undefined;
    }
  }
  return forgotten;
}
