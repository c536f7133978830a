import { type Clock, coreError, type JobView } from '@patchbay/objects';

import { jobsError } from '../../src/errors.js';
import type { Runner, RunOptions } from '../../src/host/call-runner.js';
import type { AskOptions } from '../../src/host/as-host.js';
import type { HostAssignment, HostOrders, Worker } from '../../src/host/worker.js';
import type { Attempt, AttemptOutcome, WorkerRequest } from '../../src/worker-protocol.js';

interface Kept {
  readonly assignment: HostAssignment;
  state: 'queued' | 'claimed' | 'running' | 'lost' | 'ended';
  attempt: number;
  cancelled: boolean;
  outcome?: AttemptOutcome;
}

/** Returns what `jobs` says of a job that is to be made. */
export function assignmentOf(id: string, more: Partial<HostAssignment> = {}): HostAssignment {
  return {
    ...{ id, attempt: 1, object: 'greeter', method: 'greet', args: [] },
    ...{ caller: 'user:alice', idempotent: false, fromHere: true },
    ...more,
  };
}

/** Keeps jobs of one host in memory, with the transitions of states that its agent sees. */
export class StandInJobs implements Worker {
  readonly kept = new Map<string, Kept>();
  readonly requests: WorkerRequest[] = [];
  readonly starts: string[] = [];
  readonly finishes: string[] = [];
  /** Whether nothing gets here. */
  isAway = false;
  /** How many answers are lost, by what was asked. */
  readonly losesAnswers = { next: 0, start: 0, finish: 0 };
  readonly #clock: Clock;
  #changes = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  submit(...assignments: HostAssignment[]): void {
    for (const assignment of assignments) {
      this.kept.set(assignment.id, { assignment, state: 'queued', attempt: 0, cancelled: false });
    }
    this.#changed();
  }

  cancel(id: string): void {
    this.#job(id).cancelled = true;
    this.#changed();
  }

  /** Ends the worker's lease. */
  endLease(): void {
    for (const job of this.kept.values()) {
      job.state = job.state === 'claimed' ? 'queued' : job.state === 'running' ? 'lost' : job.state;
    }
  }

  /** Makes a lost job nobody's, as when somebody had it tried again. */
  giveUp(id: string): void {
    const job = this.#job(id);
    job.attempt += 1;
    job.state = 'ended';
    this.#changed();
  }

  stateOf(id: string): string {
    const { state, outcome } = this.#job(id);
    return outcome === undefined ? state : outcome.state;
  }

  async next(request: WorkerRequest, { signal }: AskOptions): Promise<HostOrders> {
    this.#reach();
    this.requests.push(request);
    const { holding = [], free = 0, waitMs = 0, only } = request;
    const held = new Map(holding.map(({ id, attempt }) => [id, attempt]));
    const untilMs = this.#clock.monotonicMs() + waitMs;
    for (;;) {
      const orders = this.#ordersFor(holding, held, free, only);
      const isSomething = [orders.run, orders.cancel, orders.forget].some(({ length }) => length > 0);
      if (isSomething || this.#clock.monotonicMs() >= untilMs) {
        this.#answer('next');
        return orders;
      }
      const waiting = AbortSignal.any([this.#changes.signal, ...(signal === undefined ? [] : [signal])]);
      await this.#clock
        .sleep(untilMs - this.#clock.monotonicMs(), { signal: waiting })
        .catch(() => undefined);
      signal?.throwIfAborted();
      this.#reach();
    }
  }

  pending(): Promise<readonly JobView[]> {
    this.#reach();
    return Promise.resolve(
      [...this.kept.values()]
        .filter(({ state }) => state !== 'ended')
        .map(({ assignment: { id, object, method, args, caller, run }, state, attempt }): JobView => ({
          ...{ id, object, method, args, caller, attempt, state: state as 'queued' },
          ...{ queue: 'host:web-1', policy: {}, submittedAtMs: 0, ...(run === undefined ? {} : { run }) },
        })),
    );
  }

  start({ id, attempt }: Attempt): Promise<void> {
    return this.#told('start', () => {
      const job = this.#current(id, attempt);
      job.state = 'running';
      this.starts.push(id);
    });
  }

  finish({ id, attempt }: Attempt, outcome: AttemptOutcome): Promise<void> {
    return this.#told('finish', () => {
      const job = this.#current(id, attempt);
      job.state = 'ended';
      job.outcome = outcome;
      this.finishes.push(id);
    });
  }

  #ordersFor(
    holding: readonly Attempt[],
    held: ReadonlyMap<string, number>,
    free: number,
    only: readonly string[] | undefined,
  ): HostOrders {
    for (const [id, job] of this.kept) {
      if (job.state === 'claimed' && held.get(id) !== job.attempt) {
        job.state = 'queued';
      } else if (job.state === 'lost' && held.get(id) === job.attempt) {
        job.state = 'running';
      }
    }
    const forget = holding.filter(({ id, attempt }) => {
      const job = this.kept.get(id);
      return job?.attempt !== attempt || (job.state === 'ended' && job.outcome === undefined);
    });
    const cancel = holding.filter(({ id }) => this.kept.get(id)?.cancelled === true);
    const run = [...this.kept.values()]
      .filter(({ state, assignment: { id } }) => state === 'queued' && (only?.includes(id) ?? true))
      .slice(0, free);
    return {
      forget,
      cancel,
      run: run.map((job) => {
        job.state = 'claimed';
        job.attempt += 1;
        return { ...job.assignment, attempt: job.attempt };
      }),
    };
  }

  async #told(what: 'start' | 'finish', take: () => void): Promise<void> {
    this.#reach();
    take();
    this.#answer(what);
  }

  #reach(): void {
    if (this.isAway) {
      throw coreError('CONNECTION_LOST', 'no connection');
    }
  }

  #answer(what: 'next' | 'start' | 'finish'): void {
    if (this.losesAnswers[what] > 0) {
      this.losesAnswers[what] -= 1;
      throw coreError('CONNECTION_LOST', 'the answer was lost');
    }
  }

  #current(id: string, attempt: number): Kept {
    const job = this.#job(id);
    if (
      job.attempt !== attempt ||
      job.state === 'queued' ||
      (job.state === 'ended' && job.outcome === undefined)
    ) {
      throw jobsError('ATTEMPT_STALE', `attempt ${String(attempt)} of ${id} is not the present one`);
    }
    return job;
  }

  #job(id: string): Kept {
    const job = this.kept.get(id);
    if (job === undefined) {
      throw jobsError('JOB_NOT_FOUND', `there is no job ${id}`);
    }
    return job;
  }

  #changed(): void {
    this.#changes.abort();
    this.#changes = new AbortController();
  }
}

/** Makes nothing: each attempt ends when the test says so, or by its signal. */
export class StandInRunner implements Runner {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (outcome: AttemptOutcome | undefined) => void>();
  /** How each attempt ends at once; undefined: when the test says so. */
  ends: ((assignment: HostAssignment) => AttemptOutcome) | undefined;

  run(assignment: HostAssignment, { signal }: RunOptions): Promise<AttemptOutcome | undefined> {
    const { id } = assignment;
    this.begun.push(id);
    const at = this.ends?.(assignment);
    return at !== undefined
      ? Promise.resolve(at)
      : new Promise((resolve) => {
          this.#ends.set(id, resolve);
          signal.addEventListener('abort', () => {
            resolve(undefined);
          });
        });
  }

  end(id: string, outcome: AttemptOutcome = { state: 'succeeded', result: null }): void {
    this.#ends.get(id)?.(outcome);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
