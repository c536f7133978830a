import { createTask } from 'node-cron';

import { type Clock } from '@patchbay/objects';

import { storageError } from '../errors.js';

/**
 * Gives the next time of a cron expression (five fields, or six with seconds first; local time of this machine), in
 * milliseconds since the Unix epoch. node-cron only says when; the waiting is ours, as its timer stands still or runs
 * wild when the wall clock is set.
 *
 * @throws RpcError `SCHEDULE_INVALID`
 */
export function nextTime(expression: string, clock: Clock): number {
  const next = nextRun(expression);
  if (next === undefined) {
    throw storageError('SCHEDULE_INVALID', `the cron expression "${expression}" has no next time`);
  }
  // The times of cron are whole seconds; the two clocks are read a moment apart.
  return Math.round((clock.now() + next.getTime() - Date.now()) / 1000) * 1000;
}

function nextRun(expression: string): Date | undefined {
  try {
    const task = createTask(expression, () => undefined);
    try {
      return task.getNextRuns(1)[0];
    } finally {
      void task.destroy();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw storageError(
      'SCHEDULE_INVALID',
      `the cron expression "${expression}" is not valid (${why}); write minute, hour, day, month and weekday, such as "0 */6 * * *"`,
      { cause: error, details: { cron: expression } },
    );
  }
}
