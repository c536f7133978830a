import type { Job } from './jobs.js';

/**
 * Runs jobs side by side in a number of lanes, the longest first; the exclusive ones follow, one by one.
 *
 * @param run runs one job to its end, and does not throw
 */
export async function runInLanes(
  jobs: readonly Job[],
  lanes: number,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  const longestFirst = jobs.toSorted((one, other) => other.seconds - one.seconds);
  const waiting = longestFirst.filter((job) => !job.exclusive);
  const runLane = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await run(job);
    }
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  for (const job of longestFirst.filter(({ exclusive }) => exclusive)) {
    await run(job);
  }
}
