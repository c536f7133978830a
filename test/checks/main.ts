// Checks the built checkout: format, lint, freshness of what is generated, unused code, shell scripts, and every test,
// side by side on the machine's cores. It runs all of them, and exits non-zero when any failed.
//
//   main.js [--quick] [PATH...]    --quick: what needs neither root nor much time; PATH: the jobs whose names hold it
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { conclusion, type Tally } from './conclusion.js';
import { allJobs, type Job } from './jobs.js';
import { runInLanes } from './lanes.js';
import { runJob } from './run-job.js';

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' } },
  allowPositionals: true,
});
const jobs = allJobs()
  .filter((job) => job.quick || values.quick !== true)
  .filter(({ name }) => positionals.length === 0 || positionals.some((each) => name.includes(each)));

/** Many tests wait more than they compute: for processes to start, for timers, for disks. */
const lanesPerCore = 2;

const interrupted = new AbortController();
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => {
    process.exitCode = status;
    interrupted.abort();
  });
}

const tallies: Tally[] = [];
const failed: string[] = [];

async function run(job: Job): Promise<void> {
  if (interrupted.signal.aborted) {
    return;
  }
  const { passed, output, tally, durationMs } = await runJob(job, interrupted.signal);
  process.stdout.write(`\n== ${job.name}, ${(durationMs / 1000).toFixed(1)} s\n${output}`);
  if (tally !== undefined) {
    tallies.push(tally);
  }
  if (passed && (tally !== undefined || !job.isMocha)) {
    return;
  }
  process.exitCode ??= 1;
  // Failed tests are counted by the reporter; what ended in another way counts as one failure.
  if ((tally?.failed ?? 0) === 0) {
    failed.push(job.name);
  }
}

await runInLanes(jobs, availableParallelism() * lanesPerCore, run);
process.stdout.write(`\n${conclusion(tallies, failed)}`);
