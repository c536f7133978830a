import { isDeepStrictEqual } from 'node:util';

import { expiresAtMs } from '../due.js';
import { jobsError } from '../errors.js';
import type { JobRecord } from '../records/tables.js';

/** A call to be kept, checked and authorized. */
export type NewJob = Pick<
  JobRecord,
  'id' | 'object' | 'method' | 'args' | 'queue' | 'policy' | 'idempotent' | 'access' | 'caller'
> &
  Partial<Pick<JobRecord, 'secrets' | 'isSecret' | 'timeoutMs' | 'comment' | 'run' | 'isGated'>>;

/** Returns the job that a call becomes. @param seq its place among those of its queue and priority */
export function newJob(call: NewJob, seq: number, nowMs: number): JobRecord {
  const { notBeforeMs = 0 } = call.policy;
  const waits = call.isGated === true || notBeforeMs > nowMs;
  return {
    ...call,
    state: waits ? 'waiting' : 'queued',
    attempt: 0,
    failures: 0,
    seq,
    submittedAtMs: nowMs,
    expiresAtMs: expiresAtMs(call.policy, Math.max(nowMs, notBeforeMs)),
    ...(notBeforeMs > nowMs ? { readyAtMs: notBeforeMs } : {}),
    ...(waits ? {} : { queuedAtMs: nowMs }),
  };
}

/** Returns the job that a call is already. @throws RpcError `JOB_EXISTS` where the id is another call's */
export function sameJob(job: JobRecord, call: NewJob): JobRecord {
  const isSame =
    job.object === call.object &&
    job.method === call.method &&
    job.queue === call.queue &&
    job.caller === call.caller &&
    job.run === call.run &&
    isDeepStrictEqual(job.args, call.args);
  if (!isSame) {
    throw jobsError('JOB_EXISTS', `the id ${job.id} is that of another call; choose another`, {
      details: { id: job.id },
    });
  }
  return job;
}
