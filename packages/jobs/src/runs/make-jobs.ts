import { isRpcError } from '@patchbay/objects';

import type { NewJob } from '../queue/new-job.js';
import { jobsInCommit, type Queue } from '../queue/queue.js';
import { hostPrefix } from '../records/keys.js';
import { putOf } from '../records/tables.js';
import { hostsOf } from './limits.js';
import { hostOf, type LiveRun } from './live-run.js';
import { type CellRecord, cells, type IntentRecord, intents, type RunRecord } from './tables.js';

/** How many commits of jobs are on their way at once. */
const commitsAtOnce = 4;

/** What the jobs of a run are made with. */
export interface MakeOptions {
  readonly queue: Queue;
  /** Reports whether the agent of a host is heard of. */
  readonly isOnline: (host: string) => boolean;
  /** Reports whether to stop, and leave the rest to a restart. */
  readonly isClosed: () => boolean;
}

/** Makes the jobs of a run that are not there yet; the record that they are to be made goes last. */
export async function makeJobs(run: LiveRun, { args }: IntentRecord, options: MakeOptions): Promise<void> {
  const { queue, isOnline, isClosed } = options;
  const { id, hosts, policy } = run.record;
  const places = policy.atOnce === undefined ? Infinity : hostsOf(policy.atOnce, hosts.length);
  let placed = 0;
  const calls = hosts.map((host): NewJob => {
    const isGated = policy.atOnce !== undefined && (placed >= places || !isOnline(host));
    placed += isGated ? 0 : 1;
    return jobOf(run.record, host, args[host], isGated);
  });
  const chunks = chunked(
    calls.filter((call) => !run.cells.has(hostOf(call))),
    jobsInCommit,
  );
  for (let next = 0; next < chunks.length && !isClosed(); next += commitsAtOnce) {
    await Promise.all(chunks.slice(next, next + commitsAtOnce).map((chunk) => submit(run, chunk, queue)));
  }
  if (!isClosed()) {
    const operations = [{ delete: intents.prefix + id }];
    await queue.change([], () => ({ jobs: [], operations, result: undefined }));
    run.isMade = true;
  }
}

/** Submits jobs of a run; where there is no room for all, one by one, and the hosts without room have failed. */
export async function submit(run: LiveRun, calls: readonly NewJob[], queue: Queue): Promise<void> {
  try {
    await queue.submitAll(calls);
  } catch (error) {
    if (!isRpcError(error, 'QUEUE_FULL')) {
      throw error;
    }
    const [only] = calls;
    if (only === undefined || calls.length > 1) {
      for (const call of calls) {
        await submit(run, [call], queue);
      }
      return;
    }
    const host = hostOf(only);
    const cell: CellRecord = {
      ...{ state: 'failed', code: error.code, reason: error.reason },
      ...{ finishedAtMs: queue.clock.now(), args: only.args },
    };
    const operations = [putOf(cells, `${run.record.id}/${host}`, cell)];
    await queue.change([], () => ({ jobs: [], operations, result: undefined }));
    run.cells.set(host, cell);
  }
}

/** Returns the job of a host of a run. */
export function jobOf(
  record: RunRecord,
  host: string,
  args: RunRecord['args'] = record.args,
  isGated = false,
): NewJob {
  const { id, object, method, policy, idempotent, access, timeoutMs, caller, comment } = record;
  return {
    ...{ object, method, args, policy, idempotent, access, caller, run: id },
    ...{ id: `${id}.${host}`, queue: `${hostPrefix}${host}` },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(comment === undefined ? {} : { comment }),
    ...(isGated ? { isGated } : {}),
  };
}

/** Returns values in lists of at most so many. */
export function chunked<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
