import { z } from 'zod';

import { coreError, isFinalJobState, jobStates, parseDuration, quoted } from '@patchbay/objects';
import { jobView, method, timestampSchema } from '@patchbay/objects/define';

import { listJobs } from '../../queue/list-jobs.js';
import { byState } from '../../records/tables.js';
import { hostFacts } from '../../worker-protocol.js';
import { mayRead } from '../rights.js';
import { pageStart } from '../page-start.js';
import type { JobsServices } from '../services.js';
import { absenceOf, viewOf } from '../views.js';

const text = z.string().min(1).max(200);

const page = z.object({
  jobs: z.array(jobView),
  next: z.string().optional().describe('where the next page begins; absent after the last'),
});

const summary = z.object({
  states: z.record(z.string(), z.int()).describe('how many jobs are in each state'),
  queues: z.array(
    z.object({
      queue: z.string(),
      jobs: z.int().describe('how many of its jobs have not ended'),
      note: z.string().optional(),
    }),
  ),
});

const worker = z.object({
  name: z.string(),
  online: z.boolean(),
  slots: z.int().describe('how many jobs it makes at once'),
  running: z.int().describe('how many it has now'),
  lastSeen: timestampSchema(),
  facts: hostFacts.optional().describe('what it says of itself'),
});

/** How many queues the summary has. */
const maxQueues = 1_000;

/** The methods for many jobs, and for those who make them. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as the client's types are
export function listMethods({ queue, workers, clock }: JobsServices) {
  return {
    list: method({
      summary: 'List jobs that the caller may see, the newest first, a page at a time',
      access: 'member',
      options: {
        state: z.enum(jobStates).optional().describe('those in this state'),
        since: text
          .optional()
          .describe('not submitted before this: a timestamp, or how long ago, such as `1d`'),
        host: text.optional().describe('those of this host'),
        method: text.optional().describe('OBJECT.METHOD'),
        caller: text.optional().describe('those of this caller, such as `user:alice`'),
        unresolved: z
          .boolean()
          .optional()
          .describe('those that failed, expired or were interrupted, and were neither retried nor resolved'),
        limit: z.int().min(1).max(1_000).default(100).describe('how many jobs a page has at most'),
        from: pageStart,
      },
      returns: page,
      idempotent: true,
      run: async ({ limit, from, since, ...filter }, { caller }) => {
        const { jobs, next } = await listJobs(
          queue,
          { ...filter, ...(since === undefined ? {} : { sinceMs: momentOf(since, clock.now()) }) },
          { limit, from, isSeen: (job) => mayRead(caller, job) },
        );
        return { jobs: jobs.map((job) => viewOf(job, workers)), ...(next === undefined ? {} : { next }) };
      },
    }),
    summary: method({
      summary: 'Count the jobs in each state, and those that each queue still has',
      access: 'view',
      returns: summary,
      idempotent: true,
      run: async () => {
        const live = Array.from(queue.live.all(), ({ state }) => state);
        const counts = jobStates.map(async (state) => [
          state,
          isFinalJobState(state)
            ? await queue.store.count(`${byState.prefix}${state}/`)
            : live.filter((each) => each === state).length,
        ]);
        return {
          states: Object.fromEntries((await Promise.all(counts)) as [string, number][]),
          queues: [...queue.live.queues()].slice(0, maxQueues).map((name) => {
            const note = absenceOf(name, workers);
            const jobs = queue.live.ofQueue(name).size;
            return { queue: name, jobs, ...(note === undefined ? {} : { note }) };
          }),
        };
      },
    }),
    list_workers: method({
      summary: 'List who makes jobs, and when each was heard of last',
      access: 'view',
      returns: z.array(worker),
      idempotent: true,
      run: () =>
        workers.all().map(({ name, isOnline, slots, lastSeenAtMs, facts }) => ({
          ...{ name, slots, online: isOnline, running: queue.live.ofWorker(name).size },
          lastSeen: new Date(lastSeenAtMs).toISOString(),
          ...(facts === undefined ? {} : { facts }),
        })),
    }),
  };
}

/** Reads a timestamp, or how long ago something was. @throws RpcError `ARGUMENT_INVALID` */
function momentOf(given: string, nowMs: number): number {
  const agoMs = parseDuration(given);
  const atMs = agoMs === undefined ? Date.parse(given) : nowMs - agoMs;
  if (Number.isNaN(atMs) || atMs < 0) {
    const message = `since must be a timestamp, or how long ago, such as 1d, not ${quoted(given)}`;
    throw coreError('ARGUMENT_INVALID', message, { details: { path: 'since' } });
  }
  return atMs;
}
