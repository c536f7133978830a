import { type Clock, isRpcError } from '@patchbay/objects';

import { jobsError } from '../errors.js';
import { isHeld } from '../records/keys.js';
import type { JobRecord } from '../records/tables.js';
import type { Assignment, Attempt, AttemptOutcome, WorkerOrders } from '../worker-protocol.js';
import { jobsInCommit, type Queue } from './queue.js';
import type { Workers } from './workers.js';

/** How many jobs `pending` shows. */
const maxPending = 1_000;

/** What a worker asks, checked. */
export interface WorkerQuestion extends Partial<Pick<Parameters<Workers['renew']>[1], 'slots' | 'facts'>> {
  readonly holding: readonly Attempt[];
  readonly free: number;
  readonly waitMs: number;
  readonly only?: readonly string[] | undefined;
}

interface WorkerDeskOptions {
  readonly queue: Queue;
  readonly workers: Workers;
  readonly clock: Clock;
}

/** A question that waits for an answer: what wakes it, and what it was told before is no news. */
interface Waiting {
  readonly replaced: AbortController;
  /** Whether a job has changed since it was looked for some. */
  isStale: boolean;
  wake: () => void;
}

/**
 * Answers the workers of hosts, each of which serves the queue of its own name: what to do, and whether an attempt is
 * theirs. A worker has one question at a time; a further one replaces it, since who asks again has lost the answer.
 */
export class WorkerDesk implements Disposable {
  readonly #options: WorkerDeskOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** What each worker was told to stop or forget, so that it is not told at once again while it does. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  readonly #stop: () => void;

  constructor(options: WorkerDeskOptions) {
    this.#options = options;
    this.#stop = options.queue.onChange(({ queue }) => {
      const waiting = this.#waiting.get(queue);
      if (waiting !== undefined) {
        waiting.isStale = true;
        waiting.wake();
      }
    });
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  /** Returns what a worker is to do, as soon as there is something, or nothing when its time to wait has passed. */
  async next(worker: string, question: WorkerQuestion, signal: AbortSignal): Promise<WorkerOrders> {
    const { workers, clock } = this.#options;
    const untilMs = clock.monotonicMs() + question.waitMs;
    this.#waiting.get(worker)?.replaced.abort();
    const waiting: Waiting = { replaced: new AbortController(), isStale: false, wake: () => undefined };
    this.#waiting.set(worker, waiting);
    try {
      await workers.renew(worker, question);
      await this.#reconcile(worker, question.holding);
      for (;;) {
        waiting.isStale = false;
        const orders = await this.#orders(worker, question, waiting.replaced.signal, signal);
        const leftMs = untilMs - clock.monotonicMs();
        const mayWait = leftMs > 0 && !signal.aborted && !waiting.replaced.signal.aborted;
        if (!mayWait || this.#isNews(worker, orders)) {
          return orders;
        }
        await this.#wait(waiting, leftMs, signal);
      }
    } finally {
      if (this.#waiting.get(worker) === waiting) {
        this.#waiting.delete(worker);
      }
    }
  }

  /** Notes that an attempt begins. @throws RpcError `ATTEMPT_STALE` */
  async start(worker: string, { id, attempt }: Attempt): Promise<void> {
    await this.#answer({ id, attempt }, () =>
      this.#options.queue.apply(id, { type: 'start', worker, attempt }),
    );
  }

  /** Notes how an attempt ended. @throws RpcError `ATTEMPT_STALE` */
  async finish(worker: string, { id, attempt }: Attempt, outcome: AttemptOutcome): Promise<void> {
    await this.#answer({ id, attempt }, () =>
      this.#options.queue.apply(id, { type: 'finish', worker, attempt, outcome }),
    );
  }

  /** Returns the first jobs of a queue that have not ended, those first that a worker has, then in the order of claims. */
  pending(queue: string): readonly JobRecord[] {
    const { live } = this.#options.queue;
    const inOrder = new Set([
      ...live.ofWorker(queue),
      ...live.ready(queue, maxPending),
      ...live.ofQueue(queue),
    ]);
    return [...inOrder]
      .slice(0, maxPending)
      .map((id) => live.get(id))
      .filter((job): job is JobRecord => job?.queue === queue);
  }

  /** A job that is gone, as its record was, is nobody's. */
  async #answer({ id, attempt }: Attempt, change: () => Promise<unknown>): Promise<void> {
    try {
      await change();
    } catch (error) {
      if (isRpcError(error, 'JOB_NOT_FOUND')) {
        const message = `attempt ${String(attempt)} at job ${id} is nobody's any more; nothing was changed`;
        throw jobsError('ATTEMPT_STALE', message, { details: { id, attempt }, cause: error });
      }
      throw error;
    }
  }

  /** Compares what a worker has with what it should have: what it does not know goes back, what was lost is found. */
  async #reconcile(worker: string, holding: readonly Attempt[]): Promise<void> {
    const { queue } = this.#options;
    const attempts = new Map(holding.map(({ id, attempt }) => [id, attempt]));
    await Promise.all(
      [...queue.live.ofWorker(worker)].map(async (id) => {
        const job = queue.live.get(id);
        const attempt = attempts.get(id);
        if (job === undefined || (attempt === job.attempt && job.state !== 'lost')) {
          return;
        }
        await queue.apply(
          id,
          attempt === job.attempt ? { type: 'hold', worker, attempt } : { type: 'forgotten', worker },
        );
      }),
    );
  }

  async #orders(
    worker: string,
    { holding, free, only }: WorkerQuestion,
    replaced: AbortSignal,
    signal: AbortSignal,
  ): Promise<WorkerOrders> {
    const { queue } = this.#options;
    const cancel: Attempt[] = [];
    const forget: Attempt[] = [];
    for (const held of holding) {
      const job = queue.live.get(held.id);
      if (job === undefined || !isHeld(job) || job.worker !== worker || job.attempt !== held.attempt) {
        forget.push(held);
      } else if (job.cancelledBy !== undefined || job.isOverdue === true) {
        cancel.push(held);
      }
    }
    const run: Assignment[] = [];
    const wanted = only && new Set(only);
    while (run.length < free && !replaced.aborted && !signal.aborted) {
      const claimed = await queue.claim(worker, worker, Math.min(free - run.length, jobsInCommit), wanted);
      if (claimed.length === 0) {
        break;
      }
      run.push(...claimed.map(assignmentOf));
    }
    return { run, cancel, forget };
  }

  /** Reports whether a worker must be answered at once, and remembers what it is told. */
  #isNews(worker: string, { run, cancel, forget }: WorkerOrders): boolean {
    const before = this.#told.get(worker);
    const told = new Set([...cancel, ...forget].map(({ id, attempt }) => `${id}/${String(attempt)}`));
    this.#told.set(worker, told);
    return run.length > 0 || [...told].some((each) => before?.has(each) !== true);
  }

  /** Waits until a job of the worker's queue changes, its time to wait has passed, or nobody waits for the answer. */
  async #wait(waiting: Waiting, leftMs: number, signal: AbortSignal): Promise<void> {
    if (waiting.isStale) {
      return;
    }
    const woken = new AbortController();
    const wake = (): void => {
      woken.abort();
    };
    waiting.wake = wake;
    const { signal: replaced } = waiting.replaced;
    signal.addEventListener('abort', wake, { once: true });
    replaced.addEventListener('abort', wake, { once: true });
    try {
      await this.#options.clock.sleep(leftMs, { signal: woken.signal, background: true });
    } catch (error) {
      if (!woken.signal.aborted) {
        throw error;
      }
    } finally {
      signal.removeEventListener('abort', wake);
      replaced.removeEventListener('abort', wake);
    }
  }
}

/** Returns what a worker is told of a job that it has claimed. */
export function assignmentOf(job: JobRecord): Assignment {
  const { id, attempt, object, method, args, caller, idempotent, secrets, comment, run, timeoutMs } = job;
  return {
    ...{ id, attempt, object, method, args, caller, idempotent },
    ...(secrets === undefined ? {} : { secrets }),
    ...(comment === undefined ? {} : { comment }),
    ...(run === undefined ? {} : { run }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}
