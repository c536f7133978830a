import { command, formatOptions, openLog, printResult } from '@patchbay/daemon';
import { coreError, type JobView, parseDuration, quoted, RpcError } from '@patchbay/objects';

import { type MadeJob, madeJob } from '../host/answers.js';
import { commandLine } from '../host/command-line.js';
import { hostError } from '../host/errors.js';
import type { AttemptOutcome } from '../worker-protocol.js';
import { asHost, openAgent, type OpenHost, withAgent } from './open-host.js';
import { configurationOptions } from './read-configuration.js';

const options = { ...configurationOptions, ...formatOptions } as const;
/** How long `jobs` may take to answer, in milliseconds. */
const askMs = 10_000;
/** The longest interval of polls, in milliseconds. */
const maxIntervalMs = 3_600_000;

/** `patchbay-host run`: makes one job. */
export const run = command({
  name: 'run',
  summary: 'Fetch one job of this host, make it, and print how it ended',
  args: { id: { type: 'string', required: true, summary: 'The id of the job' } },
  options,
  run: ({ id, ...args }) =>
    asHost(args, async (host, configuration, signal) => {
      const [job] = await waiting(host, signal, (each) => each.id === id);
      const outcome = job && (await withAgent(host, configuration, signal, (agent) => agent.make(id)));
      if (job === undefined || outcome === undefined) {
        const message = `the job ${id} does not wait for host:${host.name}; see patchbay-host list`;
        throw hostError('JOB_NOT_WAITING', message, { details: { id } });
      }
      const made = madeOf(job, outcome);
      await printResult(made, args);
      if (made.state !== 'succeeded') {
        throw failureOf(made);
      }
    }),
});

/** `patchbay-host once`: makes all jobs that wait. */
export const once = command({
  name: 'once',
  summary: 'Make all jobs of this host that wait, those of runs first, and print how each ended',
  options,
  run: (args) =>
    asHost(args, async (host, configuration, signal) => {
      const all: MadeJob[] = [];
      await withAgent(host, configuration, signal, async (agent) => {
        const seen = new Set<string>();
        const isNew = ({ id }: JobView): boolean => !seen.has(id);
        for (;;) {
          // Asked anew each time: what came meanwhile may go first.
          const jobs = await waiting(host, signal, isNew);
          const job = jobs.find((each) => each.run !== undefined) ?? jobs[0];
          if (job === undefined || signal.aborted) {
            return;
          }
          seen.add(job.id);
          const outcome = await agent.make(job.id);
          if (outcome !== undefined) {
            all.push(madeOf(job, outcome));
          }
        }
      });
      await printResult(all, args, all.length === 0 ? 'Nothing waits.' : all);
      const failed = all.filter(({ state }) => state !== 'succeeded').map(({ id }) => id);
      if (failed.length > 0) {
        const message = `${String(failed.length)} of ${String(all.length)} jobs did not succeed: ${failed.join(', ')}`;
        throw hostError('JOBS_FAILED', message, { details: { failed } });
      }
    }),
});

/** `patchbay-host monitor`: makes jobs as they come, and prints how each ended. */
export const monitor = command({
  name: 'monitor',
  summary: 'Make the jobs of this host as they come, and print how each ended, until Ctrl-C',
  options: {
    interval: {
      type: 'string',
      placeholder: 'DURATION',
      summary: 'Ask for jobs this often, as 30s',
      defaultNote: 'they are sent as soon as there are any',
    },
    ...options,
  },
  run: ({ interval, ...args }) =>
    asHost(args, async (host, configuration, signal) => {
      const takes = interval === undefined ? 'pushed' : intervalOf(interval);
      // A line for each job, as it ends: JSON is a value in each.
      const format = args.json ? { format: 'ndjson', json: false } : args;
      const printed: Promise<void>[] = [];
      await using opened = await openAgent(host, configuration, openLog(configuration.log), {
        takes,
        onEnd: ({ assignment }, outcome) => {
          const made = madeOf(assignment, outcome);
          printed.push(printResult(made, format, lineOf(made)));
        },
      });
      await opened.agent.run(signal);
      await Promise.all(printed);
    }),
});

function intervalOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1_000 || ms > maxIntervalMs) {
    throw coreError(
      'ARGUMENT_INVALID',
      `option --interval must be a duration from 1s to 1h, not ${quoted(text)}`,
    );
  }
  return ms;
}

/** Lists the jobs of a host that wait for it now, of those that are asked for. */
async function waiting(
  { worker }: OpenHost,
  signal: AbortSignal,
  which: (job: JobView) => boolean,
): Promise<readonly JobView[]> {
  const jobs = await worker.pending({ signal, timeoutMs: askMs });
  return jobs.filter((job) => job.state === 'queued' && which(job));
}

function madeOf(
  { id, run: of, object, method, args }: Pick<JobView, 'id' | 'run' | 'object' | 'method' | 'args'>,
  outcome: AttemptOutcome,
): MadeJob {
  const command = commandLine(object, method, args);
  return madeJob.parse({ id, ...(of === undefined ? {} : { run: of }), command, ...outcome });
}

function lineOf({ id, command, state, reason, message }: MadeJob): string {
  const why = message === undefined ? '' : `: ${reason === undefined ? '' : `${reason}: `}${message}`;
  return `${id}  ${state}  ${command}${why}`;
}

function failureOf({ id, state, code, reason, message, details }: MadeJob): Error {
  return code === undefined || reason === undefined
    ? hostError('JOBS_FAILED', `the job ${id} was ${state}${message === undefined ? '' : `: ${message}`}`, {
        details: { failed: [id] },
      })
    : new RpcError(code, reason, message ?? reason, { details: details ?? {} });
}
