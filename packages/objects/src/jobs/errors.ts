import { defineErrors } from '../errors/define-errors.js';

/** The errors of jobs. */
export const jobsError = defineErrors({
  JOB_NOT_FOUND: [
    'NOT_FOUND',
    'There is no such job, or its record was kept for long enough: see jobs.list.',
  ],
  RUN_NOT_FOUND: [
    'NOT_FOUND',
    'There is no such run, or its record was kept for long enough: see jobs.list_runs.',
  ],
  JOB_EXISTS: ['ALREADY_EXISTS', 'The id is that of another call: choose another id.'],
  JOB_FINISHED: [
    'FAILED_PRECONDITION',
    'The job has ended, in details.state; jobs.retry has it tried again.',
  ],
  JOB_RUNNING: ['FAILED_PRECONDITION', 'The job has not ended, and is in details.state: wait, or cancel it.'],
  JOB_EXPIRED: ['DEADLINE_EXCEEDED', 'The job did not begin in time; jobs.retry has it tried again.'],
  JOB_INTERRUPTED: [
    'ABORTED',
    'The job began and its worker was lost: it may have taken effect. Check, then jobs.retry it or jobs.resolve it.',
  ],
  JOB_LOST: ['UNAVAILABLE', 'The worker of the job is not heard of; its result counts if it comes back.'],
  ATTEMPT_STALE: [
    'ABORTED',
    'A worker answers for an attempt that is no longer its own; nothing was changed.',
  ],
  JOB_ARGUMENT_LIVE: [
    'INVALID_ARGUMENT',
    'A stream or a function cannot be kept for later: upload the file first, and give its name.',
  ],
  SELECTOR_INVALID: ['INVALID_ARGUMENT', 'The selector of hosts cannot be read; details.path says where.'],
  POLICY_INVALID: [
    'INVALID_ARGUMENT',
    'How the job is to be carried out cannot be; details.path says what is wrong.',
  ],
  SELECTOR_EMPTY: ['FAILED_PRECONDITION', 'The selector means no host: see jobs.preview_hosts.'],
  HOST_UNKNOWN: ['NOT_FOUND', 'There is no such host in the cluster: see identity.list_hosts.'],
  HOST_REQUIRED: ['INVALID_ARGUMENT', 'The call is to be made on a host: say which, by --on.'],
  PARTLY_FAILED: ['ABORTED', 'The call failed on some hosts of a run, which are in details.failed.'],
  JOB_RESULT_SECRET: [
    'INVALID_ARGUMENT',
    'The result of the method is secret, and is not kept: call it without --async.',
  ],
  SECRET_GONE: [
    'FAILED_PRECONDITION',
    'The secret arguments of a job are erased when it ends: submit it anew.',
  ],
  CALLER_REVOKED: [
    'PERMISSION_DENIED',
    'Whoever submitted the job lost the right to the call while it waited.',
  ],
  QUEUE_FULL: ['RESOURCE_EXHAUSTED', 'As many jobs as may wait do: cancel some, or wait.'],
  OUTPUT_GAP: [
    'FAILED_PRECONDITION',
    'A worker sent output from an offset that does not follow what there is: send it from details.next on.',
  ],
  OUTPUT_INVALID: [
    'INVALID_ARGUMENT',
    'What a worker sent as output is not made of frames, or is other output.',
  ],
  OUTPUT_TOO_LARGE: ['RESOURCE_EXHAUSTED', 'An attempt wrote more output than may be kept of it.'],
  OUTPUT_GONE: ['DATA_LOSS', 'The output of the job was kept for as long as it may be, or its file is lost.'],
});
