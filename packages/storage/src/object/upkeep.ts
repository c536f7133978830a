import { createTask } from 'node-cron';

import type { Log } from '@patchbay/objects';

/** Every hour, not at its start, when everything else on a host begins. */
const hourly = '17 * * * *';

/** Work that is done every hour, until it is closed. */
export interface Upkeep extends AsyncDisposable {
  /** When it is done next. */
  readonly nextAt: Date | null;
  /** Does it now. Never rejects: a failure is logged. */
  run(): Promise<void>;
}

/**
 * Does work every hour, at minute 17 in UTC. A failure is logged and does not end it; a run that lasts longer than an
 * hour replaces the next one. Closing waits for the run in progress.
 */
export function startUpkeep(work: () => Promise<unknown>, log: Log): Upkeep {
  let running = Promise.resolve();
  const failed = (error: unknown): void => {
    log.error('scheduled work failed', { error });
  };
  const run = (): Promise<void> => {
    running = work().then(() => undefined, failed);
    return running;
  };
  const task = createTask(hourly, run, {
    timezone: 'UTC',
    noOverlap: true,
    suppressMissedWarning: true, // whatever was missed is made up for by the next run
    unref: true,
    logger: { debug: ignore, info: ignore, warn: ignore, error: failed },
  });
  void task.start();
  return {
    get nextAt() {
      return task.getNextRun();
    },
    run,
    async [Symbol.asyncDispose]() {
      await task.destroy();
      await running;
    },
  };
}

/** node-cron's own lines are of no use to an operator, except about what failed. */
function ignore(): void {
  // dropped
}
