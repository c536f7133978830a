import { z } from 'zod';

import { arg, jobId, jobView, method } from '@patchbay/objects/define';

import { attemptOutcome, workerOrders, workerRequest } from '../../worker-protocol.js';
import { workerOf } from '../rights.js';
import type { JobsServices } from '../services.js';
import { viewOf } from '../views.js';

const id = arg('id', jobId, 'the id of the job');
const attempt = arg('attempt', z.int().positive(), 'which attempt at it');

/** The methods for the agents of hosts. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as the client's types are
export function workerMethods({ desk, workers, here }: JobsServices) {
  return {
    next: method({
      summary: "Return what a host's agent is to do, as soon as there is something",
      access: 'member',
      options: workerRequest,
      returns: workerOrders,
      run: (question, { caller, signal }) => {
        const worker = workerOf(caller);
        if (caller.delegate === 'local') {
          here.add(worker);
        }
        return desk.next(worker, question, signal);
      },
    }),
    pending: method({
      summary: "List the jobs of a host's queue that have not ended, for its agent",
      access: 'member',
      returns: z.object({ jobs: z.array(jobView) }),
      idempotent: true,
      run: ({ caller }) => ({ jobs: desk.pending(workerOf(caller)).map((job) => viewOf(job, workers)) }),
    }),
    start: method({
      summary: "Note that a host's agent begins an attempt",
      access: 'member',
      args: [id, attempt],
      returns: z.null(),
      idempotent: true,
      run: async (job, number, { caller }) => {
        await desk.start(workerOf(caller), { id: job, attempt: number });
        return null;
      },
    }),
    finish: method({
      summary: "Note how an attempt of a host's agent ended",
      access: 'member',
      args: [id, attempt, arg('outcome', attemptOutcome, 'how it ended')],
      returns: z.null(),
      idempotent: true,
      run: async (job, number, outcome, { caller }) => {
        await desk.finish(workerOf(caller), { id: job, attempt: number }, outcome);
        return null;
      },
    }),
  };
}
