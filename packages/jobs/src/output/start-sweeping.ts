import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';

import type { OutputStore } from './output-store.js';

/** How often output that was kept for long enough is looked for, in milliseconds. */
const everyMs = 600_000;

/** Starts to remove output that was kept for long enough, or is too much. */
export function startSweeping(
  output: OutputStore,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): PeriodicTask {
  return PeriodicTask.start({
    clock,
    background: true,
    run: async () => {
      const { count, bytes } = await output.sweep();
      if (count > 0) {
        log.info('removed old output of jobs', { files: count, bytes });
      }
      return everyMs;
    },
    onFailure: (error) => {
      log.error('old output of jobs could not be removed; trying again', { error });
      return everyMs;
    },
  });
}
