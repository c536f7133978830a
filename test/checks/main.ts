// Checks the built checkout: format, lint, freshness of what is generated, unused code, shell scripts, and every test,
// side by side on the machine's cores. It runs all of them, and exits non-zero when any failed. Tests that failed beside
// others run once more, alone: the conclusion names those that passed then, and they count as passed.
//
//   main.js [--quick] [PATH...]    --quick: what needs neither root nor much time; PATH: the jobs whose names hold it
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

import { conclusion, type Failure } from './conclusion.js';
import { allJobs, type Job } from './jobs.js';
import { runInLanes } from './lanes.js';
import { runJob, type JobResult } from './run-job.js';

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' } },
  allowPositionals: true,
});
const jobs = allJobs()
  .filter((job) => job.quick || values.quick !== true)
  .filter(({ name }) => positionals.length === 0 || positionals.some((each) => name.includes(each)));

/** Many tests wait more than they compute: for processes to start, for timers, for disks. */
const lanesPerCore = 2;
/** How many jobs may run a second time: where more failed, it is not for want of time. */
const maxSecondRuns = 5;

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

const results = new Map<Job, JobResult>();

async function run(job: Job): Promise<void> {
  if (interrupted.signal.aborted) {
    return;
  }
  const result = await runJob(job, interrupted.signal);
  process.stdout.write(`\n== ${job.name}, ${(result.durationMs / 1000).toFixed(1)} s\n${result.output}`);
  results.set(job, result);
}

await runInLanes(jobs, availableParallelism() * lanesPerCore, run);
const busyFailures = await runAlone([...results].filter(([job]) => !job.exclusive));
const failed = [...results].filter(([, { passed }]) => !passed);
process.exitCode ??= failed.length === 0 ? 0 : 1;
process.stdout.write(
  `\n${conclusion({
    tallies: [...results.values()].flatMap(({ tally }) => tally ?? []),
    // Failed tests are told by themselves; what ended in another way counts as one failure.
    failedChecks: failed
      .filter(([, { tally }]) => (tally?.failures.length ?? 0) === 0)
      .map(([{ name }, { output }]) => ({ name, output })),
    busyFailures,
  })}`,
);

/**
 * Runs tests that failed beside others again, alone, as a machine that is too busy is no fault of what they test. Their
 * second result counts; returns what failed only in the first.
 */
async function runAlone(ran: readonly (readonly [Job, JobResult])[]): Promise<Failure[]> {
  const failedTests = ran.filter(([job, { passed }]) => job.isMocha && !passed);
  if (failedTests.length > maxSecondRuns) {
    return [];
  }
  for (const [job] of failedTests) {
    await run(job);
  }
  return failedTests
    .filter(([job]) => results.get(job)?.passed)
    .flatMap(([{ name }, { tally }]) =>
      tally === undefined || tally.failures.length === 0
        ? [{ title: name, error: 'it did not run to its end; its output is above' }]
        : tally.failures,
    );
}
