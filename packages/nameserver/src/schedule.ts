import { createTask } from 'node-cron';

/** Says how many milliseconds it is until the next time of a schedule. */
export type Schedule = () => number;

/**
 * Makes a schedule of a cron expression, seconds first. node-cron only reads the expression here and does not run
 * the task: its own timer stands still when the wall clock is set back and walks through every second that was
 * skipped when it is set forward, which for a machine that starts with a wrong clock blocks the process for minutes.
 */
export function cronSchedule(expression: string): Schedule {
  const task = createTask(expression, () => undefined);
  return () => {
    const next = task.getNextRuns(1)[0];
    if (next === undefined) {
      throw new RangeError(`the cron expression "${expression}" has no next time`);
    }
    return Math.max(0, next.getTime() - Date.now());
  };
}
