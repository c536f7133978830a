import { z } from 'zod';

import type { RunView } from '@patchbay/objects';
import { arg, jobId, method, runView, timestampSchema } from '@patchbay/objects/define';

import { membersOf } from '../../hosts/members.js';
import { selectHosts } from '../../hosts/select.js';
import { maxSelectorLength } from '../../hosts/selector.js';
import { hostPrefix } from '../../records/keys.js';
import { hostFacts } from '../../worker-protocol.js';
import { checkKnown } from '../known-caller.js';
import { checkControl, checkRead, checkRetry, mayRead } from '../rights.js';
import { pageStart } from '../page-start.js';
import type { JobsServices } from '../services.js';
import { viewsOf } from '../watched.js';

const id = arg('id', jobId, 'the id of the run');
/** How often a watcher is shown a run that changes all the time, in milliseconds. */
const watchEveryMs = 200;

const page = z.object({
  runs: z.array(runView.omit({ hosts: true })),
  next: z.string().optional().describe('where the next page begins; absent after the last'),
});

const host = z.object({
  name: z.string(),
  online: z.boolean(),
  groups: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  jobs: z.int().describe('how many of its jobs have not ended'),
  slots: z.int().optional().describe('how many jobs it makes at once'),
  lastSeen: timestampSchema().optional(),
  facts: hostFacts.optional().describe('what it says of itself'),
});

/** The methods for runs, and for the hosts that they are made on. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as the client's types are
export function runMethods(services: JobsServices) {
  const { runs, options, clock } = services;
  return {
    show_run: method({
      summary: 'Show a run: how its call stands on each host',
      access: 'member',
      args: [id],
      returns: runView,
      idempotent: true,
      run: async (runId, { caller }) => {
        checkRead(caller, await runs.find(runId));
        return runs.show(runId);
      },
    }),
    watch_run: method({
      summary: 'Yield a run as it is, and as it changes, until it has ended on all hosts',
      access: 'member',
      args: [id],
      yields: runView,
      returns: runView,
      idempotent: true,
      timeoutMs: 'none',
      run: async function* (runId, { caller, signal }) {
        checkRead(caller, await runs.find(runId));
        const watched = {
          onChange: (changed: () => void) =>
            runs.onChange((each) => {
              if (each === runId) {
                changed();
              }
            }),
          view: () => runs.show(runId),
          pause: () => clock.sleep(watchEveryMs, { signal, background: true }).catch(() => undefined),
        };
        for await (const view of viewsOf(watched, signal)) {
          checkRead(caller, await runs.find(runId)); // it may have lost the right since
          yield view;
          if (view.finishedAtMs !== undefined) {
            return view;
          }
        }
        signal.throwIfAborted();
        return runs.show(runId);
      },
    }),
    list_runs: method({
      summary: 'List runs that the caller may see, the newest first, a page at a time',
      access: 'member',
      options: {
        limit: z.int().min(1).max(50).default(20).describe('how many runs a page has at most'),
        from: pageStart,
      },
      returns: page,
      idempotent: true,
      run: async ({ limit, from }, { caller }) => {
        const { runs: found, next } = await runs.list(limit, from);
        const seen = found.filter((run) => mayRead(caller, run));
        const views: Omit<RunView, 'hosts'>[] = [];
        for (const run of seen) {
          views.push(withoutHosts(await runs.show(run.id))); // one after another: each may have 10,000 hosts
        }
        return {
          runs: views,
          ...(next === undefined ? {} : { next }),
        };
      },
    }),
    cancel_run: method({
      summary: 'End a run: at once where it has not begun, else the hosts stop it',
      access: 'member',
      args: [id],
      returns: runView,
      run: async (runId, context) => {
        checkControl(context.caller, await runs.find(runId));
        context.log.info('a run was cancelled', { run: runId, by: context.caller.principal });
        return runs.cancel(runId, context.caller.principal);
      },
    }),
    retry_run: method({
      summary: 'Have a run tried again on the hosts where it failed, expired or was interrupted',
      access: 'member',
      args: [id],
      options: { all: z.boolean().default(false).describe('on all hosts where it has ended') },
      returns: runView,
      run: async (runId, { all }, context) => {
        checkKnown(context.caller, options);
        checkRetry(context.caller, await runs.find(runId));
        context.log.info('a run is tried again', { run: runId, all, by: context.caller.principal });
        return runs.retry(runId, context.caller.principal, { all });
      },
    }),
    preview_hosts: method({
      summary: 'List the hosts that a selector means, and who of them is away',
      access: 'view',
      args: [arg('selector', z.string().max(maxSelectorLength), "such as 'group=linux,role!=db'")],
      returns: z.array(host),
      idempotent: true,
      run: async (selector) => hostViews(services, selectHosts(selector, await membersOf(services.identity))),
    }),
    list_hosts: method({
      summary: 'List the hosts: online or away, groups, labels, and what each says of itself',
      access: 'view',
      returns: z.array(host),
      idempotent: true,
      run: async () => hostViews(services, await membersOf(services.identity)),
    }),
  };
}

function withoutHosts(view: RunView): Omit<RunView, 'hosts'> {
  const kept: Omit<RunView, 'hosts'> & Partial<Pick<RunView, 'hosts'>> = { ...view };
  delete kept.hosts;
  return kept;
}

function hostViews(
  { workers, queue }: JobsServices,
  hosts: Awaited<ReturnType<typeof membersOf>>,
): z.infer<typeof host>[] {
  return hosts.map(({ name, groups, labels }) => {
    const worker = workers.get(hostPrefix + name);
    return {
      ...{ name, groups, labels, online: worker?.isOnline === true },
      jobs: queue.live.ofQueue(hostPrefix + name).size,
      ...(worker === undefined
        ? {}
        : { slots: worker.slots, lastSeen: new Date(worker.lastSeenAtMs).toISOString() }),
      ...(worker?.facts === undefined ? {} : { facts: worker.facts }),
    };
  });
}
