import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import {
  type CallContext,
  isFinalJobState,
  type JobReceipt,
  type JobState,
  jobStates,
} from '@patchbay/objects';
import {
  arg,
  jobId,
  jobPolicy,
  jobReceipt,
  jobView,
  method,
  objectName,
  secret,
} from '@patchbay/objects/define';

import type { NewJob } from '../../queue/new-job.js';
import { jobsError } from '../../errors.js';
import { maxSelectorLength } from '../../hosts/selector.js';
import { prepareCall } from '../prepare-call.js';
import { checkControl, checkRead, checkRetry } from '../rights.js';
import type { JobsServices } from '../services.js';
import { submitRun } from '../submit-run.js';
import { absenceOf, viewOf } from '../views.js';
import { viewsOf } from '../watched.js';
import { checkKnown } from '../known-caller.js';

const id = arg('id', jobId, 'the id of the job');
const reached = z.object({ state: z.enum(jobStates) });
const comment = z.string().min(1).max(1_000).optional().describe('why it is called, such as a ticket');

/** The methods for one job. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as the client's types are
export function jobMethods(services: JobsServices) {
  const { queue, workers, runs } = services;
  const changed = async (
    jobId: string,
    context: CallContext,
    check: typeof checkControl,
    type: 'cancel' | 'retry' | 'resolve',
  ): Promise<{ state: JobState }> => {
    check(context.caller, await queue.find(jobId));
    const { state } = await queue.apply(jobId, { type, by: context.caller.principal });
    context.log.info('a job was changed by hand', { job: jobId, change: type, by: context.caller.principal });
    return { state };
  };
  return {
    submit: method({
      summary: 'Keep a call, to be made later, elsewhere, or again if it fails',
      access: 'member',
      args: [
        arg('object', objectName, 'the object'),
        arg('method', z.string().min(1).max(64), 'its method'),
        arg('args', secret(z.array(z.json()).max(100)), 'its arguments, options last'),
      ],
      options: {
        ...jobPolicy.shape,
        id: jobId.optional().describe('its id, by which submitting it again is the same; default: a new one'),
        on: z
          .string()
          .min(1)
          .max(maxSelectorLength)
          .optional()
          .describe(
            "the hosts on which to make it, such as 'group=linux,role!=db'; default: where the object is",
          ),
        comment,
      },
      returns: jobReceipt,
      idempotent: false,
      run: (object, called, args, { id: given, on, comment: why, ...policy }, context) => {
        const call = { object, method: called, args, policy, comment: why, caller: context.caller };
        const newId = given ?? randomUUID();
        return on === undefined
          ? submitCall(services, { call, id: newId })
          : submitRun(services, call, newId, on);
      },
    }),
    show: method({
      summary: 'Show a job',
      access: 'member',
      args: [id],
      returns: jobView,
      idempotent: true,
      run: async (jobId, { caller }) => {
        const job = await queue.find(jobId);
        checkRead(caller, job);
        return viewOf(job, workers);
      },
    }),
    watch: method({
      summary: 'Yield a job as it is, and each time that it changes, until it has ended',
      access: 'member',
      args: [id],
      yields: jobView,
      returns: jobView,
      idempotent: true,
      timeoutMs: 'none',
      run: async function* (jobId, { caller, signal }) {
        checkRead(caller, await queue.find(jobId));
        const watched = {
          onChange: (changed: () => void) =>
            queue.onChange(({ id: each }) => {
              if (each === jobId) {
                changed();
              }
            }),
          view: () => queue.find(jobId),
        };
        for await (const job of viewsOf(watched, signal)) {
          checkRead(caller, job); // it may have lost the right since
          const view = viewOf(job, workers);
          yield view;
          if (isFinalJobState(view.state)) {
            return view;
          }
        }
        signal.throwIfAborted();
        return viewOf(await queue.find(jobId), workers);
      },
    }),
    cancel: method({
      summary: 'Ask for the end of a job or a run: at once if no worker has it, else its worker stops it',
      access: 'member',
      args: [id],
      returns: reached,
      run: async (jobId, context) => {
        if (!(await runs.has(jobId))) {
          return changed(jobId, context, checkControl, 'cancel');
        }
        checkControl(context.caller, await runs.find(jobId));
        await runs.cancel(jobId, context.caller.principal);
        return { state: 'cancelled' as const };
      },
    }),
    retry: method({
      summary: 'Have a job that has ended tried again, as its new caller',
      access: 'member',
      args: [id],
      returns: reached,
      run: (jobId, context) => {
        checkKnown(context.caller, services.options);
        return changed(jobId, context, checkRetry, 'retry');
      },
    }),
    resolve: method({
      summary: 'Note that nothing is to be done about the failure of a job any more',
      access: 'member',
      args: [id],
      returns: reached,
      idempotent: true,
      run: (jobId, context) => changed(jobId, context, checkControl, 'resolve'),
    }),
  };
}

/** A call to be kept in the queue of its object. */
interface Submitted {
  readonly call: Parameters<typeof prepareCall>[0];
  readonly id: string;
}

async function submitCall(services: JobsServices, { call, id: given }: Submitted): Promise<JobReceipt> {
  const { targets, queue, workers, options } = services;
  const { object } = call;
  checkKnown(call.caller, options);
  const ofHosts = (['from', 'save', 'atOnce', 'stopAfter'] as const).find(
    (key) => call.policy[key] !== undefined,
  );
  if (ofHosts !== undefined) {
    const message = `${ofHosts} is of calls on hosts: say on which, by on`;
    throw jobsError('POLICY_INVALID', message, { details: { path: ofHosts } });
  }
  const target = await targets.find(object, call.method, call.caller.principal);
  const newJob: NewJob = { ...prepareCall(call, target), id: given, queue: `object:${object}` };
  const job = await queue.submit(newJob);
  const absence =
    target.away === undefined
      ? absenceOf(job.queue, workers)
      : `nobody serves ${object} now, and it waits until somebody does: ${target.away.message}`;
  return {
    ...{ id: job.id, kind: 'job', state: job.state },
    ...(absence === undefined ? {} : { note: absence }),
  };
}
