import { isFinalJobState, isRpcError, type JobState, type Log, type RunView } from '@patchbay/objects';

import { jobsError } from '../errors.js';
import { jobsInCommit, type Queue } from '../queue/queue.js';
import { type JobRecord, putOf } from '../records/tables.js';
import { type JobEvent, step } from '../step.js';
import { LiveRun } from './live-run.js';
import { alongside, type NewRun, sameRun, withoutCancel } from './new-run.js';
import { chunked, jobOf, makeJobs, submit } from './make-jobs.js';
import { operationsOfNew, type RunPage, RunStore } from './run-store.js';
import { runViewOf } from './run-view.js';
import { type IntentRecord, type RunRecord, runs } from './tables.js';

/** The states that `retry` has tried again, where it is not asked for all. */
const retriedStates: ReadonlySet<JobState> = new Set(['failed', 'expired', 'interrupted']);

interface RunsOptions {
  readonly queue: Queue;
  readonly log: Log;
  /** Reports whether the agent of a host is heard of. */
  readonly isOnline: (host: string) => boolean;
}

/** Called when something of a run has changed. */
type RunListener = (id: string) => void;

/**
 * Calls on many hosts: a record with the hosts, then a job for each. Those that have not ended are in memory too. What
 * was cut short is resumed when they are opened.
 */
export class Runs implements AsyncDisposable {
  readonly #options: RunsOptions;
  readonly #store: RunStore;
  readonly #live = new Map<string, LiveRun>();
  readonly #listeners = new Set<RunListener>();
  readonly #stop: () => void;
  readonly #making = new Map<string, Promise<void>>();
  #isClosed = false;

  private constructor(options: RunsOptions) {
    this.#options = options;
    this.#store = new RunStore(options.queue.store);
    options.queue.writeAlongside((job, before) => alongside(job, before));
    this.#stop = options.queue.onChange((job) => {
      this.#learn(job);
    });
  }

  /** Reads the runs that have not ended, and makes what is left to be made of them. */
  static async open(options: RunsOptions): Promise<Runs> {
    const opened = new Runs(options);
    const { live } = options.queue;
    const intended = await opened.#store.intents();
    const ids = new Set(Array.from(live.all(), ({ run }) => run).filter((run) => run !== undefined));
    for (const id of new Set([...ids, ...intended.keys()])) {
      const record = await opened.#store.read(id);
      if (record !== undefined) {
        const run = new LiveRun(record, await opened.#store.cells(id), !intended.has(id));
        opened.#live.set(id, run);
      }
    }
    for (const job of live.all()) {
      opened.#live.get(job.run ?? '')?.learn(job);
    }
    for (const [id, run] of opened.#live) {
      const intent = intended.get(id);
      if (intent !== undefined) {
        void opened.#make(run, intent).catch(() => undefined); // it is in the log
      }
      opened.#balance(run);
    }
    return opened;
  }

  /**
   * Keeps a call on many hosts, and makes a job for each. The same call under the same id is the same run.
   *
   * @throws RpcError `JOB_EXISTS`
   */
  async submit({ hosts, hostArgs = new Map(), ...call }: NewRun): Promise<RunRecord> {
    const { queue, isOnline } = this.#options;
    const known = await this.#store.read(call.id);
    if (known !== undefined) {
      return sameRun(known, call);
    }
    const away = new Set(hosts.filter((host) => !isOnline(host)));
    const record: RunRecord = {
      ...call,
      hosts: [...hosts.filter((host) => !away.has(host)), ...away],
      submittedAtMs: queue.clock.now(),
    };
    const intent: IntentRecord = { args: Object.fromEntries(hostArgs) };
    await queue.change([], () => ({
      jobs: [],
      operations: operationsOfNew(record, intent),
      result: undefined,
    }));
    const run = new LiveRun(record, new Map(), false);
    this.#live.set(record.id, run);
    await this.#make(run, intent);
    return record;
  }

  /** Returns a run. @throws RpcError `RUN_NOT_FOUND` */
  async find(id: string): Promise<RunRecord> {
    const record = this.#live.get(id)?.record ?? (await this.#store.read(id));
    if (record === undefined) {
      throw jobsError('RUN_NOT_FOUND', `there is no run ${id}; see jobs.list_runs`, { details: { id } });
    }
    return record;
  }

  /** Reports whether an id is that of a run. */
  async has(id: string): Promise<boolean> {
    return this.#live.has(id) || (await this.#store.read(id)) !== undefined;
  }

  /** Returns a run with how its call stands on each host. @throws RpcError `RUN_NOT_FOUND` */
  async show(id: string): Promise<RunView> {
    const record = await this.find(id);
    const known = this.#live.get(id)?.cells ?? (await this.#store.cells(id));
    return runViewOf(record, known, this.#options.isOnline);
  }

  /** Returns the newest runs, after the place at which the page before ended. */
  list(limit: number, from?: string): Promise<RunPage> {
    return this.#store.list(limit, from);
  }

  /** Ends a run: at once where nobody has its jobs, else their workers stop them. @throws RpcError `RUN_NOT_FOUND`, `JOB_FINISHED` */
  async cancel(id: string, by: string): Promise<RunView> {
    const record = await this.find(id);
    const run = this.#live.get(id);
    if (run === undefined || run.hasEnded) {
      throw jobsError('JOB_FINISHED', `run ${id} has ended`, { details: { id } });
    }
    await this.#making.get(id);
    await this.#write({ ...record, cancelledBy: by });
    await this.#balanced(run);
    return this.show(id);
  }

  /**
   * Has the call tried again on the hosts where it failed, expired or was interrupted, or on all where it has ended.
   *
   * @throws RpcError `RUN_NOT_FOUND`, `JOB_FINISHED` where there is none
   */
  async retry(id: string, by: string, { all }: { readonly all: boolean }): Promise<RunView> {
    const record = withoutCancel(await this.find(id));
    const known = new LiveRun(record, await this.#store.cells(id), true);
    const hosts = record.hosts.filter((host) => {
      const state = known.stateOf(host);
      return all ? isFinalJobState(state) : retriedStates.has(state);
    });
    if (hosts.length === 0) {
      const message = all
        ? `run ${id} has ended on no host yet; wait, or cancel it`
        : `run ${id} failed on no host; --all has it tried again on all`;
      throw jobsError('JOB_FINISHED', message, { details: { id } });
    }
    let run = this.#live.get(id);
    if (run === undefined) {
      run = known;
      this.#live.set(id, run);
    }
    await this.#write({ ...record, caller: by });
    const isGated = record.policy.atOnce !== undefined;
    await this.#applyAll(known.jobsOf(hosts), { type: 'retry', by, isGated });
    for (const host of hosts) {
      const { job, args } = known.cells.get(host) ?? {};
      if (job === undefined) {
        await submit(run, [jobOf({ ...record, caller: by }, host, args, isGated)], this.#options.queue);
      }
    }
    await this.#balanced(run);
    return this.show(id);
  }

  /** Calls a listener with the id of each run that changes, until the returned function is called. */
  onChange(listener: RunListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Assigns places again, after a host came or went. */
  presenceChanged(): void {
    for (const run of this.#live.values()) {
      this.#balance(run);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    await Promise.allSettled([
      ...this.#making.values(),
      ...Array.from(this.#live.values(), ({ balancing }) => balancing),
    ]);
  }

  #make(run: LiveRun, intent: IntentRecord): Promise<void> {
    const { id } = run.record;
    const { queue, isOnline, log } = this.#options;
    const making = makeJobs(run, intent, { queue, isOnline, isClosed: () => this.#isClosed })
      .then(() => {
        this.#balance(run);
      })
      .catch((error: unknown) => {
        log.error('the jobs of a run could not all be made; a restart resumes it', { run: id, error });
        throw error;
      })
      .finally(() => this.#making.delete(id));
    this.#making.set(id, making);
    return making;
  }

  #learn(job: JobRecord): void {
    const run = job.run === undefined ? undefined : this.#live.get(job.run);
    if (run !== undefined) {
      run.learn(job);
      this.#tell(run.record.id);
      this.#balance(run);
    }
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) {
      listener(id);
    }
  }

  /** Brings a run to what it should be: ends what is stopped, gives places, and lets go of one that has ended. */
  #balance(run: LiveRun): void {
    run.isUnbalanced = true;
    if (run.balancing !== undefined || !run.isMade || this.#isClosed) {
      return;
    }
    run.balancing = this.#balanceAll(run)
      .catch((error: unknown) => {
        this.#options.log.error('a run could not go on; its next change tries again', {
          run: run.record.id,
          error,
        });
      })
      .finally(() => {
        run.balancing = undefined;
      });
  }

  async #balanced(run: LiveRun): Promise<void> {
    this.#balance(run);
    await run.balancing;
  }

  async #balanceAll(run: LiveRun): Promise<void> {
    while (run.isUnbalanced && !this.#isClosed) {
      run.isUnbalanced = false;
      await Promise.resolve(); // what changed in the same turn is balanced together
      const { id } = run.record;
      const { stoppedBy } = run;
      if (run.hasEnded) {
        this.#live.delete(id);
        this.#tell(id);
        return;
      }
      if (stoppedBy !== undefined) {
        await this.#applyAll(run.jobsOf(run.stoppable), { type: 'cancel', by: stoppedBy });
      } else {
        await this.#applyAll(run.jobsOf(run.admissible(this.#options.isOnline)), { type: 'admit' });
      }
    }
  }

  /** Applies an event to jobs, in commits of a few; what it does not fit is left as it is. */
  async #applyAll(ids: readonly string[], event: JobEvent): Promise<void> {
    const { queue } = this.#options;
    for (const chunk of chunked(ids, jobsInCommit)) {
      await queue.change(chunk, (known) => {
        const changed = chunk
          .map((id) => known(id))
          .filter((job) => job !== undefined)
          .map((job) => step(job, event, queue.clock.now()))
          .filter((job): job is JobRecord => !isRpcError(job));
        return { jobs: changed, result: undefined };
      });
    }
  }

  async #write(record: RunRecord): Promise<void> {
    const operations = [putOf(runs, record.id, record)];
    await this.#options.queue.change([], () => ({ jobs: [], operations, result: undefined }));
    const run = this.#live.get(record.id);
    if (run !== undefined) {
      run.record = record;
    }
  }
}
