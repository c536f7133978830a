import { createTask } from 'node-cron';

import type { Clock } from '@patchbay/objects';

import { storageError } from '../errors.js';

/**
 * Returns the next time of a cron expression (five fields, or six with seconds first; in local time), in milliseconds
 * since the Unix epoch. node-cron only computes it; we do the waiting, as its timer stalls or fires repeatedly when the
 * wall clock is set.
 * @throws RpcError `SCHEDULE_INVALID`
 */
export function nextTime(expression: string, clock: Clock): number {
  const next = nextRun(expression);
  if (next === undefined) {
    const message = `the cron expression "${expression}" never matches; choose another`;
    throw storageError('SCHEDULE_INVALID', message);
  }
  // Times of cron are whole seconds; rounding removes the difference between the two clock readings.
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
      `the cron expression "${expression}" is not valid (${why}); give minute, hour, day, month and weekday, such as "0 */6 * * *"`,
      { cause: error, details: { cron: expression } },
    );
  }
}
