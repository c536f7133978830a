import type { JobState } from '@patchbay/objects';
import { finalJobStates, jobStates } from '@patchbay/objects';
import type { Store } from '@patchbay/store';

import { idOf, keyPart, newestFirst } from '../records/keys.js';
import { byCall, byHost, byState, type JobRecord } from '../records/tables.js';
import type { Queue } from './queue.js';

/** How many keys of an index are read at once, and how many jobs are looked at for one page. */
const readTogether = 200;
const maxLookedAt = 5_000;

/** Which jobs to list; all conditions hold. */
export interface JobFilter {
  readonly state?: JobState | undefined;
  /** Not submitted before, in milliseconds since the Unix epoch. */
  readonly sinceMs?: number | undefined;
  /** The host whose queue they are in. */
  readonly host?: string | undefined;
  /** `OBJECT.METHOD`. */
  readonly method?: string | undefined;
  readonly caller?: string | undefined;
  /** Those that failed, expired or were interrupted, and nobody has said that nothing is to be done about it. */
  readonly unresolved?: boolean | undefined;
}

/** The states of jobs that somebody has to look at. */
export const unresolvedStates = finalJobStates.filter(
  (state) => state !== 'succeeded' && state !== 'cancelled',
);

/** A page of jobs, the newest first. */
export interface JobPage {
  readonly jobs: readonly JobRecord[];
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

/**
 * Returns the newest jobs that match a filter, and that `isSeen` lets through, at most `limit`; fewer with `next` where
 * too many others had to be looked at.
 *
 * @param from the `next` of the page before
 */
export async function listJobs(
  queue: Queue,
  filter: JobFilter,
  {
    limit,
    from,
    isSeen,
  }: {
    readonly limit: number;
    readonly from?: string | undefined;
    readonly isSeen: (job: JobRecord) => boolean;
  },
): Promise<JobPage> {
  const jobs: JobRecord[] = [];
  let last: string | undefined;
  let lookedAt = 0;
  for await (const place of merged(prefixesOf(filter).map((prefix) => places(queue.store, prefix, from)))) {
    if (place === last) {
      continue; // it changed its state meanwhile
    }
    if (filter.sinceMs !== undefined && place > `${newestFirst(filter.sinceMs)}0`) {
      return { jobs, next: undefined };
    }
    if (jobs.length === limit || lookedAt === maxLookedAt) {
      return { jobs, next: last };
    }
    lookedAt += 1;
    last = place;
    const job = await queue.get(idOf(place));
    if (job !== undefined && matches(job, filter) && isSeen(job)) {
      jobs.push(job);
    }
  }
  return { jobs, next: undefined };
}

function prefixesOf({ state, unresolved, host, method }: JobFilter): readonly string[] {
  if (state !== undefined) {
    return [`${byState.prefix}${state}/`];
  }
  if (host !== undefined) {
    return [`${byHost.prefix}${host}/`];
  }
  if (method !== undefined) {
    return [`${byCall.prefix}${keyPart(method)}/`];
  }
  const states = unresolved === true ? unresolvedStates : jobStates;
  return states.map((each) => `${byState.prefix}${each}/`);
}

function matches(job: JobRecord, { state, host, method, caller, unresolved }: JobFilter): boolean {
  return (
    (state === undefined || job.state === state) &&
    (host === undefined || job.queue === `host:${host}`) &&
    (method === undefined || `${job.object}.${job.method}` === method) &&
    (caller === undefined || job.caller === caller) &&
    (unresolved !== true || isUnresolved(job))
  );
}

function isUnresolved({ state, resolvedBy }: JobRecord): boolean {
  return resolvedBy === undefined && (unresolvedStates as readonly JobState[]).includes(state);
}

/** Yields the places of an index's keys, in order. */
async function* places(
  store: Pick<Store, 'range'>,
  prefix: string,
  from: string | undefined,
): AsyncGenerator<string, void, undefined> {
  let after = from === undefined ? undefined : `${prefix}${from}`;
  for (;;) {
    const { entries, more } = await store.range({ prefix, after, limit: readTogether });
    for (const { key } of entries) {
      yield key.slice(prefix.length);
      after = key;
    }
    if (!more) {
      return;
    }
  }
}

/** Yields what sorted sources yield, in order. */
async function* merged(
  sources: readonly AsyncGenerator<string, void, undefined>[],
): AsyncGenerator<string, void, undefined> {
  const heads = await Promise.all(
    sources.map(async (source) => ({ source, head: (await source.next()).value ?? undefined })),
  );
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const each of heads) {
      if (each.head !== undefined && (first?.head === undefined || each.head < first.head)) {
        first = each;
      }
    }
    if (first?.head === undefined) {
      return;
    }
    yield first.head;
    first.head = (await first.source.next()).value ?? undefined;
  }
}
