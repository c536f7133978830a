import { defineErrors } from '@patchbay/objects';

/** The errors of the agent of a host. */
export const hostError = defineErrors({
  AGENT_RUNNING: [
    'FAILED_PRECONDITION',
    'Another patchbay-host of this host runs, and makes its jobs: stop it first, or let it.',
  ],
  HOST_NOT_JOINED: [
    'FAILED_PRECONDITION',
    'The host has no identity that the agent can read: start its RPC server, or let it join (rpcserver join).',
  ],
  JOB_NOT_WAITING: [
    'FAILED_PRECONDITION',
    'The job does not wait for this host: it is of another, runs, has ended, or its time has not come; see patchbay-host list.',
  ],
  JOBS_FAILED: ['ABORTED', 'Some of the jobs that were made failed; details.failed has their ids.'],
});
