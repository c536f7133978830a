import { coreError, type JobOutcome, type RpcError } from '@patchbay/objects';

import { jobsError } from './errors.js';
import type { JobRecord } from './records/tables.js';

/** Returns the outcome of a job that somebody cancelled. */
export function cancelled(job: JobRecord, by: string): JobOutcome {
  const message = `${named(job)} was cancelled by ${by}`;
  return { state: 'cancelled', code: 'CANCELLED', reason: 'CALL_CANCELLED', message, by };
}

/** Returns the outcome of a job that was stopped as its time limit had passed. */
export function timeLimitPassed(job: JobRecord): JobOutcome {
  const message = `${named(job)} did not end within its time limit, and was stopped`;
  return { state: 'failed', ...partsOf(coreError('DEADLINE_PASSED', message)) };
}

/** Returns the outcome of a job that did not begin in time. */
export function expired(job: JobRecord): JobOutcome {
  const message = `${named(job)} did not begin in time`;
  return { state: 'expired', ...partsOf(jobsError('JOB_EXPIRED', message)) };
}

/** Returns the outcome of a job that began, and of which nobody knows how it ended. */
export function interruption(job: JobRecord): JobOutcome {
  const message = `${named(job)} began, and its worker was lost: it may have taken effect`;
  return { state: 'interrupted', ...partsOf(jobsError('JOB_INTERRUPTED', message)) };
}

function partsOf({ code, reason, message }: RpcError): Pick<JobOutcome, 'code' | 'reason' | 'message'> {
  return { code, reason, message };
}

/** Returns what messages call a job. */
export function named({ id, object, method }: JobRecord): string {
  return `job ${id} (${object}.${method})`;
}
