import type { Operation } from '@patchbay/store';

import { dueAtMs } from '../due.js';
import { byCall, byHost, byState, due, held, type JobRecord, jobs, putOf, ready } from './tables.js';

/** The digits of a time in milliseconds, until the year 33658. */
const timeDigits = 15;
const endOfTimeMs = 10 ** timeDigits - 1;

/** The name of a host's queue and of the host as a worker: `host:NAME`. */
export const hostPrefix = 'host:';

/** Returns a time as text, so that texts are in the order of the times. */
export function timeKey(ms: number): string {
  return String(ms).padStart(timeDigits, '0');
}

/** Returns a time as text, so that texts are in the order of the times, the latest first. */
export function newestFirst(ms: number): string {
  return timeKey(endOfTimeMs - ms);
}

/** Returns a name as a part of a key: versions of an object are told apart by a slash. */
export function keyPart(name: string): string {
  return name.replaceAll('/', '%');
}

/** Returns the start of the keys of a queue's jobs that may be claimed, in the order in which they are. */
export function readyPrefix(queue: string): string {
  return `${ready.prefix}${keyPart(queue)}/`;
}

/** Returns the key of a job that may be claimed. */
export function readyKey({ queue, policy: { priority = 5 }, seq, id }: JobRecord): string {
  return `${readyPrefix(queue)}${String(priority)}/${timeKey(seq)}/${id}`;
}

/** Returns the part of an index's key that follows what it is an index of. */
export function placeOf({ submittedAtMs, id }: Pick<JobRecord, 'submittedAtMs' | 'id'>): string {
  return `${newestFirst(submittedAtMs)}/${id}`;
}

/** Returns the id at the end of a key. */
export function idOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** Returns the operations that change a job's record from one to another, with those of its indexes. */
export function operationsOf(
  before: JobRecord | undefined,
  after: JobRecord | undefined,
  leaseOf: (worker: string) => string | undefined,
): readonly Operation[] {
  const had = before === undefined ? new Map<string, Operation>() : entriesOf(before, leaseOf);
  const has = after === undefined ? new Map<string, Operation>() : entriesOf(after, leaseOf);
  const gone = [...had.keys()].filter((key) => !has.has(key)).map((key): Operation => ({ delete: key }));
  const isKept = (key: string): boolean => had.has(key) && !key.startsWith(jobs.prefix);
  return [...[...has].filter(([key]) => !isKept(key)).map(([, operation]) => operation), ...gone];
}

/** Returns all that is written of a job, by key. */
function entriesOf(
  job: JobRecord,
  leaseOf: (worker: string) => string | undefined,
): ReadonlyMap<string, Operation> {
  const place = placeOf(job);
  const operations = [
    putOf(jobs, job.id, job),
    putOf(byState, `${job.state}/${place}`, ''),
    putOf(byCall, `${keyPart(job.object)}.${job.method}/${place}`, ''),
  ];
  if (job.queue.startsWith(hostPrefix)) {
    operations.push(putOf(byHost, `${job.queue.slice(hostPrefix.length)}/${place}`, ''));
  }
  if (job.state === 'queued') {
    operations.push({ put: readyKey(job), value: JSON.stringify('') });
  }
  if (isHeld(job)) {
    operations.push(putOf(held, `${job.worker}/${job.id}`, job.attempt, leaseOf(job.worker)));
  }
  const dueMs = dueAtMs(job);
  if (dueMs !== undefined) {
    operations.push(putOf(due, `${timeKey(dueMs)}/${job.id}`, ''));
  }
  return new Map(operations.map((operation) => ['put' in operation ? operation.put : '', operation]));
}

/** Reports whether a worker has a job. */
export function isHeld(job: JobRecord): job is JobRecord & { readonly worker: string } {
  return (job.state === 'claimed' || job.state === 'running') && job.worker !== undefined;
}
