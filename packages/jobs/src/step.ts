import { isDeepStrictEqual } from 'node:util';

import { isFinalJobState, type JobOutcome, type RpcError } from '@patchbay/objects';

import { dueAtMs, expiresAtMs, isRepeatable } from './due.js';
import { jobsError } from './errors.js';
import { cancelled, expired, interruption, named, timeLimitPassed } from './outcomes.js';
import type { JobRecord } from './records/tables.js';
import { backoffOf, retriesAfter } from './retries.js';
import type { AttemptOutcome } from './worker-protocol.js';

/** What happens to a job. */
export type JobEvent =
  /** The clock has come to when something is due. */
  | { readonly type: 'due' }
  /** There is a place for it in its run. */
  | { readonly type: 'admit' }
  | { readonly type: 'claim'; readonly worker: string }
  | { readonly type: 'start'; readonly worker: string; readonly attempt: number }
  /** Its worker is back, and has it. */
  | { readonly type: 'hold'; readonly worker: string; readonly attempt: number }
  /** Its worker is back, and does not know it. */
  | { readonly type: 'forgotten'; readonly worker: string }
  /** The lease of its worker ended. */
  | { readonly type: 'lease-ended'; readonly worker: string }
  | {
      readonly type: 'finish';
      readonly worker: string;
      readonly attempt: number;
      readonly outcome: AttemptOutcome;
    }
  | { readonly type: 'cancel'; readonly by: string }
  /** `isGated`: it waits for a place in its run. */
  | { readonly type: 'retry'; readonly by: string; readonly isGated?: boolean }
  | { readonly type: 'resolve'; readonly by: string };

type OptionalKey = {
  [K in keyof JobRecord]-?: undefined extends JobRecord[K] ? K : never;
}[keyof JobRecord];

/**
 * Returns a job as an event leaves it, the same one where that changes nothing, or the error by which it is refused.
 * This is all that changes the state of a job.
 */
export function step(job: JobRecord, event: JobEvent, nowMs: number): JobRecord | RpcError {
  switch (event.type) {
    case 'due':
      return (dueAtMs(job) ?? Infinity) > nowMs ? job : whenDue(job, nowMs);
    case 'admit':
      return job.state === 'waiting' && job.isGated === true ? admitted(job, nowMs) : job;
    case 'claim':
      return job.state === 'queued' ? claimed(job, event.worker) : refusal(job);
    case 'start':
      return start(job, event, nowMs);
    case 'hold':
      return hold(job, event);
    case 'forgotten':
      return job.worker === event.worker ? forgotten(job, nowMs) : job;
    case 'lease-ended':
      return job.worker === event.worker ? leaseEnded(job, nowMs) : job;
    case 'finish':
      return finish(job, event, nowMs);
    case 'cancel':
      return cancel(job, event.by, nowMs);
    case 'retry':
      return retry(job, event, nowMs);
    case 'resolve':
      return isFinalJobState(job.state) ? { ...job, resolvedBy: event.by } : refusal(job);
    default:
      return event satisfies never;
  }
}

function whenDue(job: JobRecord, nowMs: number): JobRecord {
  switch (job.state) {
    case 'waiting':
    case 'queued':
      return nowMs >= job.expiresAtMs ? ended(job, expired(job), nowMs) : queued(job, nowMs);
    case 'running':
      return { ...job, isOverdue: true };
    case 'lost':
      return isRepeatable(job) ? again(job, nowMs) : interrupted(job, nowMs);
    default:
      return job;
  }
}

function admitted(job: JobRecord, nowMs: number): JobRecord {
  const placed = without(job, 'isGated');
  return (job.readyAtMs ?? 0) <= nowMs ? queued(placed, nowMs) : placed;
}

function queued(job: JobRecord, nowMs: number): JobRecord {
  return { ...without(job, 'readyAtMs'), state: 'queued', queuedAtMs: nowMs };
}

function claimed(job: JobRecord, worker: string): JobRecord {
  return { ...job, state: 'claimed', worker, attempt: job.attempt + 1 };
}

function start(job: JobRecord, event: JobEvent & { type: 'start' }, nowMs: number): JobRecord | RpcError {
  if (!isOf(job, event)) {
    return stale(job, event);
  }
  switch (job.state) {
    case 'claimed':
      return { ...job, state: 'running', startedAtMs: nowMs };
    case 'running':
      return job; // the answer was lost
    default:
      return stale(job, event);
  }
}

function hold(job: JobRecord, event: JobEvent & { type: 'hold' }): JobRecord | RpcError {
  if (!isOf(job, event)) {
    return stale(job, event);
  }
  switch (job.state) {
    case 'lost':
      return { ...without(job, 'lostAtMs'), state: 'running' };
    case 'claimed':
    case 'running':
      return job;
    default:
      return stale(job, event);
  }
}

function forgotten(job: JobRecord, nowMs: number): JobRecord {
  switch (job.state) {
    case 'claimed':
      return queued(job, nowMs);
    case 'running':
    case 'lost':
      return lostForGood(job, nowMs);
    default:
      return job;
  }
}

function leaseEnded(job: JobRecord, nowMs: number): JobRecord {
  switch (job.state) {
    case 'claimed':
      return queued(job, nowMs); // it cannot have begun
    case 'running':
      return { ...job, state: 'lost', lostAtMs: nowMs };
    default:
      return job;
  }
}

function finish(job: JobRecord, event: JobEvent & { type: 'finish' }, nowMs: number): JobRecord | RpcError {
  if (!isOf(job, event)) {
    return stale(job, event);
  }
  if (job.answered === event.attempt) {
    // The answer was lost. Of an attempt that was followed by another only the last outcome is known.
    const isSame = !isFinalJobState(job.state) || isSameOutcome(job.outcome, event.outcome);
    return isSame ? job : stale(job, event);
  }
  if (job.state !== 'running' && job.state !== 'lost') {
    return stale(job, event);
  }
  const answered = { ...job, answered: event.attempt };
  const { outcome } = event;
  switch (outcome.state) {
    case 'succeeded':
      return ended(answered, outcome, nowMs);
    case 'interrupted':
      return lostForGood(answered, nowMs, outcome);
    case 'cancelled':
      if (job.cancelledBy !== undefined) {
        return ended(answered, { ...outcome, by: job.cancelledBy }, nowMs);
      }
      return job.isOverdue === true
        ? failed(answered, timeLimitPassed(job), nowMs)
        : ended(answered, outcome, nowMs);
    case 'failed':
      return failed(answered, outcome, nowMs);
    default:
      return outcome.state satisfies never;
  }
}

function cancel(job: JobRecord, by: string, nowMs: number): JobRecord | RpcError {
  switch (job.state) {
    case 'waiting':
    case 'queued':
    case 'claimed': // it cannot have begun, and its start is refused from now on
      return ended(job, cancelled(job, by), nowMs);
    case 'running':
    case 'lost':
      return job.cancelledBy === undefined ? { ...job, cancelledBy: by } : job;
    default:
      return refusal(job);
  }
}

function retry(
  job: JobRecord,
  { by, isGated = false }: JobEvent & { type: 'retry' },
  nowMs: number,
): JobRecord | RpcError {
  if (!isFinalJobState(job.state)) {
    return refusal(job);
  }
  if (job.isSecret === true) {
    const message = `the secret arguments of ${named(job)} were erased when it ended; submit it anew`;
    return jobsError('SECRET_GONE', message, { details: { id: job.id } });
  }
  const anew = without(job, 'outcome', 'finishedAtMs', 'resolvedBy', 'cancelledBy', 'isOverdue');
  const asked = { ...anew, caller: by, failures: 0, expiresAtMs: expiresAtMs(job.policy, nowMs) };
  return isGated ? { ...asked, state: 'waiting', isGated } : queued(asked, nowMs);
}

/** Fails, or tries again. */
function failed(job: JobRecord, outcome: JobOutcome, nowMs: number): JobRecord {
  return job.cancelledBy === undefined && retriesAfter(job, outcome)
    ? again(job, nowMs, outcome)
    : ended(job, outcome, nowMs);
}

/** Ends what began and is over, and nobody knows how: where another attempt does no harm, there is one. */
function lostForGood(job: JobRecord, nowMs: number, outcome?: JobOutcome): JobRecord {
  return job.idempotent && job.cancelledBy === undefined
    ? again(job, nowMs, outcome)
    : interrupted(job, nowMs, outcome);
}

function interrupted(job: JobRecord, nowMs: number, outcome?: JobOutcome): JobRecord {
  if (job.cancelledBy !== undefined) {
    return ended(job, cancelled(job, job.cancelledBy), nowMs);
  }
  return ended(job, { ...interruption(job), ...outcome, state: 'interrupted' }, nowMs);
}

/** Makes another attempt after a while. */
function again(job: JobRecord, nowMs: number, outcome?: JobOutcome): JobRecord {
  const failures = job.failures + 1;
  return {
    ...without(job, 'lostAtMs', 'isOverdue'),
    state: 'waiting',
    failures,
    readyAtMs: nowMs + backoffOf(job, failures),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

/** Ends a job; its secrets are erased with it. */
function ended(job: JobRecord, outcome: JobOutcome, nowMs: number): JobRecord {
  const kept = without(job, 'secrets', 'isGated', 'readyAtMs', 'lostAtMs');
  return { ...kept, state: outcome.state, outcome, finishedAtMs: nowMs };
}

/** Returns a job without some of what it may have. */
function without(job: JobRecord, ...keys: readonly OptionalKey[]): JobRecord {
  const kept = { ...job };
  for (const key of keys) {
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- of a copy
    delete kept[key];
  }
  return kept;
}

function isOf(
  job: JobRecord,
  { worker, attempt }: { readonly worker: string; readonly attempt: number },
): boolean {
  return job.worker === worker && job.attempt === attempt;
}

function isSameOutcome(known: JobOutcome | undefined, said: JobOutcome): boolean {
  return known?.state === said.state && isDeepStrictEqual(known.result, said.result);
}

function stale(
  job: JobRecord,
  { worker, attempt }: { readonly worker: string; readonly attempt: number },
): RpcError {
  const message = `attempt ${String(attempt)} at ${named(job)} is not ${worker}'s any more; nothing was changed`;
  const details = { id: job.id, attempt, state: job.state };
  return jobsError('ATTEMPT_STALE', message, { details });
}

function refusal(job: JobRecord): RpcError {
  const details = { id: job.id, state: job.state };
  return isFinalJobState(job.state)
    ? jobsError('JOB_FINISHED', `${named(job)} has ended: it is ${job.state}`, { details })
    : jobsError('JOB_RUNNING', `${named(job)} has not ended: it is ${job.state}`, { details });
}
