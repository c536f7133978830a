import { isFinalJobState, type JobView } from '@patchbay/objects';

import { dueAtMs } from '../due.js';
import type { Workers } from '../queue/workers.js';
import { hostPrefix } from '../records/keys.js';
import type { JobRecord } from '../records/tables.js';

/** Returns a job as its readers see it. */
export function viewOf(job: JobRecord, workers: Pick<Workers, 'get'>): JobView {
  const { id, object, method, args, state, queue, policy, attempt, caller, submittedAtMs } = job;
  const { worker, comment, run, queuedAtMs, startedAtMs, finishedAtMs, cancelledBy, resolvedBy } = job;
  const view = {
    ...{ worker, comment, run, queuedAtMs, startedAtMs, finishedAtMs, cancelledBy, resolvedBy },
    dueAtMs: dueAtMs(job),
    outcome: isFinalJobState(state) ? job.outcome : undefined,
    note: noteOf(job, workers),
  };
  return {
    ...{ id, object, method, args, state, queue, policy, attempt, caller, submittedAtMs },
    ...(Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined)) as typeof view),
  };
}

/** Returns one sentence on what a job waits for; undefined where it waits for nothing. */
export function noteOf(job: JobRecord, workers: Pick<Workers, 'get'>): string | undefined {
  switch (job.state) {
    case 'waiting':
      return waitingNote(job);
    case 'queued':
    case 'lost':
      return absenceOf(job.queue, workers);
    default:
      return undefined;
  }
}

function waitingNote({ isGated, outcome, readyAtMs = 0, failures }: JobRecord): string {
  if (isGated === true) {
    return 'it waits for its turn in its run';
  }
  const when = new Date(readyAtMs).toISOString();
  return outcome === undefined
    ? `it waits until ${when}`
    : `it is tried again at ${when}; failure ${String(failures)}: ${outcome.message ?? outcome.reason ?? ''}`;
}

/** Returns one sentence that says that the host of a queue is away; undefined where it is not. */
export function absenceOf(queue: string, workers: Pick<Workers, 'get'>): string | undefined {
  if (!queue.startsWith(hostPrefix)) {
    return undefined;
  }
  const host = queue.slice(hostPrefix.length);
  const worker = workers.get(queue);
  if (worker === undefined) {
    return `nobody serves its queue: no agent of host ${host} was ever heard of`;
  }
  return worker.isOnline
    ? undefined
    : `nobody serves its queue: host ${host} is away, last seen ${new Date(worker.lastSeenAtMs).toISOString()}`;
}
