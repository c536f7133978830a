import { type JobsMethods, jobsError, type JobState, type JobView, type RunView } from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/session/client';

/** What a call returned on one host of a run. */
export interface HostResult<Result = unknown> {
  readonly host: string;
  /** The id of its job. */
  readonly job: string;
  readonly result: Result;
}

/** How a call ended on one host of a run. */
export interface HostOutcome {
  readonly host: string;
  readonly job?: string;
  readonly state: JobState;
  readonly result?: unknown;
  readonly code?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly exit?: number;
}

/** How many jobs are asked for at once. */
const atOnce = 32;
/** How many failed hosts an error names, and in how many its message does. */
const maxNamed = 1_000;
const maxInMessage = 10;

/** Returns how a run ended on each of its hosts, in the order of the run. @throws RpcError `JOB_NOT_FOUND` */
export async function outcomesOf(jobs: RemoteObject<JobsMethods>, run: RunView): Promise<HostOutcome[]> {
  const outcomes: HostOutcome[] = [];
  for (let from = 0; from < run.hosts.length; from += atOnce) {
    const some = run.hosts.slice(from, from + atOnce).map(async ({ host, job, state }) => {
      return outcomeOf(host, state, job === undefined ? undefined : await jobs.show(job));
    });
    outcomes.push(...(await Promise.all(some)));
  }
  return outcomes;
}

/** Returns what a call returned on each host of a run. @throws RpcError `PARTLY_FAILED`, `JOB_NOT_FOUND` */
export async function resultsOfRun(jobs: RemoteObject<JobsMethods>, run: RunView): Promise<HostResult[]> {
  const outcomes = await outcomesOf(jobs, run);
  requireSuccess(run, outcomes);
  return outcomes.map(({ host, job = '', result }) => ({ host, job, result }));
}

/** Checks that a call succeeded on every host of a run. @throws RpcError `PARTLY_FAILED` with `details.failed` */
export function requireSuccess({ id, object, method }: RunView, outcomes: readonly HostOutcome[]): void {
  const failed = outcomes.filter(({ state }) => state !== 'succeeded');
  if (failed.length === 0) {
    return;
  }
  const named = failed.slice(0, maxInMessage).map(({ host, state, reason, exit }) => {
    const why = [
      state,
      ...(reason === undefined ? [] : [reason]),
      ...(exit === undefined ? [] : [`exit ${String(exit)}`]),
    ];
    return `${host} (${why.join(' ')})`;
  });
  const more = failed.length > maxInMessage ? ` and ${String(failed.length - maxInMessage)} more` : '';
  const message =
    `${object}.${method} did not succeed on ${String(failed.length)} of ${String(outcomes.length)} hosts: ` +
    `${named.join(', ')}${more}; jobs.retry_run ${id} has it tried again there`;
  throw jobsError('PARTLY_FAILED', message, { details: { run: id, failed: failed.slice(0, maxNamed) } });
}

function outcomeOf(host: string, state: JobState, view: JobView | undefined): HostOutcome {
  if (view === undefined) {
    return { host, state };
  }
  const { result, code, reason, message, exit } = view.outcome ?? {};
  return {
    host,
    job: view.id,
    state: view.state,
    ...(view.state === 'succeeded' && { result: result ?? null }),
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(exit !== undefined && { exit }),
  };
}
