import { isFinalJobState } from '@patchbay/objects';
import { keysWith, SortedKeys } from '@patchbay/store';

import { dueAtMs } from '../due.js';
import { idOf, isHeld, readyKey, readyPrefix, timeKey } from '../records/keys.js';
import type { JobRecord } from '../records/tables.js';

const none: ReadonlySet<string> = new Set();

/** Returns how long the arguments of a call are as JSON, in bytes. */
export function argumentBytesOf(args: JobRecord['args']): number {
  return Buffer.byteLength(JSON.stringify(args));
}

/** The jobs that have not ended, in memory: what may be claimed, what is due, and who has what. */
export class LiveJobs {
  readonly #jobs = new Map<string, JobRecord>();
  readonly #ready = new SortedKeys();
  readonly #due = new SortedKeys();
  readonly #byWorker = new Map<string, Set<string>>();
  readonly #byQueue = new Map<string, Set<string>>();
  /** How long the arguments of each are, as JSON. */
  readonly #bytes = new Map<string, number>();
  #argumentBytes = 0;

  /** How long the arguments of all are together, as JSON in bytes. */
  get argumentBytes(): number {
    return this.#argumentBytes;
  }

  get size(): number {
    return this.#jobs.size;
  }

  get(id: string): JobRecord | undefined {
    return this.#jobs.get(id);
  }

  all(): Iterable<JobRecord> {
    return this.#jobs.values();
  }

  /** Returns the ids of the jobs that a worker has, or had when it was lost. */
  ofWorker(worker: string): ReadonlySet<string> {
    return this.#byWorker.get(worker) ?? none;
  }

  /** Returns the ids of the jobs of a queue, in the order in which they were submitted. */
  ofQueue(queue: string): ReadonlySet<string> {
    return this.#byQueue.get(queue) ?? none;
  }

  /** Returns the names of the queues that have jobs. */
  queues(): Iterable<string> {
    return this.#byQueue.keys();
  }

  /** Returns the ids of the first jobs of a queue that may be claimed, at most `limit`. */
  ready(queue: string, limit: number): readonly string[] {
    const { from, to } = keysWith(readyPrefix(queue));
    return this.#ready.slice(from, to, limit).map(idOf);
  }

  /** Returns the ids of the first jobs that are due by a time, at most `limit`. */
  dueBy(nowMs: number, limit: number): readonly string[] {
    return this.#due.slice('', timeKey(nowMs + 1), limit).map(idOf);
  }

  /** Returns when the next job is due; undefined: none is. */
  nextDueMs(): number | undefined {
    const [first] = this.#due.slice('', '\u{10FFFF}', 1);
    return first === undefined ? undefined : Number(first.slice(0, first.indexOf('/')));
  }

  /** Takes a job as it is now; one that has ended is let go. */
  learn(job: JobRecord): void {
    const before = this.#jobs.get(job.id);
    if (before !== undefined) {
      this.#forget(before);
    }
    const { state, args } = job;
    const known = this.#bytes.get(job.id);
    if (isFinalJobState(state)) {
      this.#bytes.delete(job.id);
      this.#argumentBytes -= known ?? 0;
      return;
    }
    if (known === undefined) {
      const bytes = argumentBytesOf(args);
      this.#bytes.set(job.id, bytes);
      this.#argumentBytes += bytes;
    }
    this.#jobs.set(job.id, job);
    addTo(this.#byQueue, job.queue, job.id);
    if (job.state === 'queued') {
      this.#ready.add(readyKey(job));
    }
    if (hasWorker(job)) {
      addTo(this.#byWorker, job.worker, job.id);
    }
    const dueMs = dueAtMs(job);
    if (dueMs !== undefined) {
      this.#due.add(`${timeKey(dueMs)}/${job.id}`);
    }
  }

  #forget(job: JobRecord): void {
    this.#jobs.delete(job.id);
    deleteFrom(this.#byQueue, job.queue, job.id);
    this.#ready.delete(readyKey(job));
    if (hasWorker(job)) {
      deleteFrom(this.#byWorker, job.worker, job.id);
    }
    const dueMs = dueAtMs(job);
    if (dueMs !== undefined) {
      this.#due.delete(`${timeKey(dueMs)}/${job.id}`);
    }
  }
}

function hasWorker(job: JobRecord): job is JobRecord & { readonly worker: string } {
  return isHeld(job) || (job.state === 'lost' && job.worker !== undefined);
}

function addTo(sets: Map<string, Set<string>>, key: string, id: string): void {
  const set = sets.get(key);
  if (set === undefined) {
    sets.set(key, new Set([id]));
  } else {
    set.add(id);
  }
}

function deleteFrom(sets: Map<string, Set<string>>, key: string, id: string): void {
  const set = sets.get(key);
  set?.delete(id);
  if (set?.size === 0) {
    sets.delete(key);
  }
}
