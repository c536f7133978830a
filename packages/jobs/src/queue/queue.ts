import {
  type Clock,
  isFinalJobState,
  isRpcError,
  type JobState,
  jobStates,
  type Log,
} from '@patchbay/objects';
import type { Operation, Store } from '@patchbay/store';

import { jobsError } from '../errors.js';
import { idOf, operationsOf } from '../records/keys.js';
import { byState, type JobRecord, jobs, parse } from '../records/tables.js';
import { type JobEvent, step } from '../step.js';
import { Locks } from './locks.js';
import { LiveJobs } from './live-jobs.js';
import { type QueueBounds, Room } from './room.js';
import { type NewJob, newJob, sameJob } from './new-job.js';

/** How many operations a commit has at most: etcd takes 128. */
const maxOperations = 100;
/** How many jobs one commit can change: each has at most seven operations, and what others write beside it. */
export const jobsInCommit = 10;

/** How many records of jobs one commit deletes, with their indexes. */
export const forgottenTogether = 20;

/** What a queue is made of. */
export interface QueueOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly bounds: QueueBounds;
  /** Returns the store's lease of a worker, on which what it holds hangs. */
  readonly leaseOf: (worker: string) => string | undefined;
}

/** What a change writes: jobs as they are after it, and what is written in the same commit. */
export interface PlannedChange<T> {
  readonly jobs: readonly JobRecord[];
  readonly operations?: readonly Operation[];
  readonly result: T;
}

/** Called after each commit with each job that it changed; `before` is undefined for one that was submitted. */
export type JobListener = (job: JobRecord, before: JobRecord | undefined) => void;

/** Returns what is to be written in the commit that changes a job, such as its run's tally. */
export type WriteAlongside = (job: JobRecord, before: JobRecord | undefined) => readonly Operation[];

/**
 * The jobs: those that have not ended are in memory too. This process alone writes them; each change is one commit,
 * which is durable before anybody is told of it, and changes of one job follow one another.
 */
export class Queue {
  readonly live = new LiveJobs();
  readonly store: Store;
  readonly clock: Clock;
  readonly #options: QueueOptions;
  readonly #locks = new Locks();
  readonly #listeners = new Set<JobListener>();
  readonly #alongside: WriteAlongside[] = [];
  #seq = 0;
  readonly #room: Room;

  private constructor(options: QueueOptions) {
    this.store = options.store;
    this.clock = options.clock;
    this.#options = options;
    this.#room = new Room(this.live, options.bounds);
  }

  /** Reads the jobs that have not ended. */
  static async open(options: QueueOptions): Promise<Queue> {
    const queue = new Queue(options);
    for (const state of jobStates.filter((each) => !isFinalJobState(each))) {
      await queue.#load(state);
    }
    return queue;
  }

  async #load(state: JobState): Promise<void> {
    const { entries } = await this.store.range({ prefix: `${byState.prefix}${state}/` });
    for (const { key } of entries) {
      const job = await this.#read(idOf(key));
      if (job === undefined) {
        this.#options.log.error('a job of an index has no record', { key });
      } else {
        this.live.learn(job);
        this.#seq = Math.max(this.#seq, job.seq);
      }
    }
  }

  /** Returns a job, whether it has ended or not. */
  async get(id: string): Promise<JobRecord | undefined> {
    return this.live.get(id) ?? (await this.#read(id));
  }

  /** Returns a job. @throws RpcError `JOB_NOT_FOUND` */
  async find(id: string): Promise<JobRecord> {
    const job = await this.get(id);
    if (job === undefined) {
      throw notFound(id);
    }
    return job;
  }

  /**
   * Keeps a call. The same call under the same id is the same job, whatever became of it since.
   *
   * @param operations are written in the same commit
   * @throws RpcError `JOB_EXISTS`, `QUEUE_FULL`
   */
  async submit(call: NewJob, operations: readonly Operation[] = []): Promise<JobRecord> {
    const [job] = await this.submitAll([call], operations);
    return job as JobRecord;
  }

  /** Keeps at most `jobsInCommit` calls, all of them or none. @throws RpcError as `submit` */
  async submitAll(
    calls: readonly NewJob[],
    operations: readonly Operation[] = [],
  ): Promise<readonly JobRecord[]> {
    const taken: NewJob[] = [];
    try {
      return await this.change(
        calls.map(({ id }) => id),
        (known) => {
          const result = calls.map((call) => {
            const before = known(call.id);
            if (before !== undefined) {
              return sameJob(before, call);
            }
            this.#room.take(call);
            taken.push(call);
            this.#seq += 1;
            return newJob(call, this.#seq, this.clock.now());
          });
          return { jobs: result, operations, result };
        },
      );
    } finally {
      for (const call of taken) {
        this.#room.release(call);
      }
    }
  }

  /**
   * Changes a job by what happened to it.
   *
   * @param operations are written in the same commit
   * @throws RpcError `JOB_NOT_FOUND`, and why it is refused
   */
  apply(id: string, event: JobEvent, operations: readonly Operation[] = []): Promise<JobRecord> {
    return this.change([id], (known) => {
      const before = known(id);
      if (before === undefined) {
        throw notFound(id);
      }
      const job = step(before, event, this.clock.now());
      if (isRpcError(job)) {
        throw job;
      }
      if (isFinalJobState(before.state) && !isFinalJobState(job.state)) {
        this.#room.check(job);
      }
      return { jobs: [job], operations, result: job };
    });
  }

  /**
   * Changes jobs, and what is written with them, in one commit of at most 100 operations.
   *
   * @param ids the jobs that it reads and changes
   * @param plan returns what to write; what it throws leaves everything as it was
   */
  change<T>(
    ids: readonly string[],
    plan: (known: (id: string) => JobRecord | undefined) => PlannedChange<T>,
  ): Promise<T> {
    return this.#locks.run(ids, async () => {
      const known = new Map<string, JobRecord | undefined>();
      for (const id of ids) {
        known.set(id, this.live.get(id) ?? (await this.#read(id)));
      }
      const { jobs: planned, operations = [], result } = plan((id) => known.get(id));
      const changed = planned.filter((job) => job !== known.get(job.id));
      await this.#commit([
        ...operations,
        ...changed.flatMap((job) => {
          const before = known.get(job.id);
          const alongside = this.#alongside.flatMap((write) => write(job, before));
          return [...operationsOf(before, job, this.#options.leaseOf), ...alongside];
        }),
      ]);
      for (const job of changed) {
        this.live.learn(job);
      }
      for (const job of changed) {
        this.#tell(job, known.get(job.id));
      }
      return result;
    });
  }

  /** Claims the first jobs of a queue, or those of them that have the ids, for a worker. */
  async claim(
    worker: string,
    queue: string,
    max: number,
    only?: ReadonlySet<string>,
  ): Promise<readonly JobRecord[]> {
    const candidates = this.live.ready(queue, only === undefined ? max + this.#locks.size : Infinity);
    const free = candidates.filter((id) => this.#locks.isFree(id) && only?.has(id) !== false);
    const ids = free.slice(0, Math.min(max, jobsInCommit));
    if (ids.length === 0) {
      return [];
    }
    return this.change(ids, (known) => {
      const claimed = ids.map((id) =>
        step(known(id) as JobRecord, { type: 'claim', worker }, this.clock.now()),
      );
      const taken = claimed.filter((job): job is JobRecord => !isRpcError(job));
      return { jobs: taken, result: taken };
    });
  }

  /** Notes that the lease of a worker has ended: what it had not begun goes back, and what it had is lost. */
  async leaseEnded(worker: string): Promise<void> {
    await Promise.all(
      [...this.live.ofWorker(worker)].map((id) => this.apply(id, { type: 'lease-ended', worker })),
    );
  }

  /** Deletes those of at most `forgottenTogether` jobs that have ended and pass a test; returns how many. */
  forget(ids: readonly string[], test: (job: JobRecord) => boolean): Promise<number> {
    return this.#locks.run(ids, async () => {
      const found = await Promise.all(ids.map((id) => this.get(id)));
      const old = found.filter((job) => job !== undefined && isFinalJobState(job.state) && test(job));
      await this.#commit(old.flatMap((job) => operationsOf(job, undefined, this.#options.leaseOf)));
      return old.length;
    });
  }

  /** Calls a listener with every job that changes, until the returned function is called; it must not throw. */
  onChange(listener: JobListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Has something written in the same commit as each change of a job. */
  writeAlongside(write: WriteAlongside): void {
    this.#alongside.push(write);
  }

  async #commit(operations: readonly Operation[]): Promise<void> {
    if (operations.length > maxOperations) {
      throw new Error(`a commit of ${String(operations.length)} operations`);
    }
    if (operations.length > 0) {
      await this.store.commit([], operations);
    }
  }

  #tell(job: JobRecord, before: JobRecord | undefined): void {
    for (const listener of this.#listeners) {
      listener(job, before);
    }
  }

  async #read(id: string): Promise<JobRecord | undefined> {
    const entry = await this.store.get(jobs.prefix + id);
    return entry === undefined ? undefined : parse(jobs, entry.key, entry.value);
  }
}

function notFound(id: string): Error {
  return jobsError('JOB_NOT_FOUND', `there is no job ${id}; see jobs.list`, { details: { id } });
}
