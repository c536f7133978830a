import { type Clock, isRpcError, type Log, PeriodicTask } from '@patchbay/objects';
import { type Client, nameServerObject } from '@patchbay/rpcclient';

import { failed, stopped, succeeded } from '../call-outcomes.js';
import type { Queue } from '../queue/queue.js';
import type { Workers } from '../queue/workers.js';
import type { JobRecord } from '../records/tables.js';
import type { JobEvent } from '../step.js';
import { type AttemptOutcome, workerLeaseMs } from '../worker-protocol.js';
import { isAway, onBehalfOf } from './on-behalf.js';

/** The prefix of the queues of objects. */
export const objectPrefix = 'object:';
/** How often an object that is away is looked for, while its queue has jobs, in milliseconds. */
const lookMs = 2_000;
/** How long to wait before a call is made again that its server had no room for, in milliseconds. */
const fullMs = 1_000;

/** Takes what the calls of jobs yield. */
export interface ItemSink {
  /** Keeps an item of an attempt. */
  item(job: Pick<JobRecord, 'id' | 'attempt'>, item: unknown): Promise<void>;
  /** Notes that an attempt yields nothing more. */
  end(job: Pick<JobRecord, 'id' | 'attempt'>): Promise<void>;
}

interface ObjectWorkerOptions {
  /** As which it has jobs. */
  readonly name: string;
  readonly queue: Queue;
  readonly workers: Workers;
  readonly client: Pick<Client, 'call' | 'describe'>;
  /** How many jobs of a queue run at once. */
  readonly slots: number;
  /** Default: what calls yield is dropped. */
  readonly items?: ItemSink | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running {
  readonly job: JobRecord;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Makes the jobs of objects' queues: each as a call of its object, as the job's caller. */
export class ObjectWorker implements AsyncDisposable {
  readonly #options: ObjectWorkerOptions;
  readonly #running = new Map<string, Running>();
  /** How many jobs of each queue it has, or is about to have. */
  readonly #taken = new Map<string, number>();
  readonly #pumping = new Set<string>();
  readonly #closing = new AbortController();
  /** Whether what the process before this one had was seen to. */
  #isReady = false;
  readonly #lease: PeriodicTask;
  readonly #looking: PeriodicTask;
  readonly #stopListening: () => void;

  private constructor(options: ObjectWorkerOptions) {
    const { name, queue, workers, slots, clock, log } = options;
    this.#options = options;
    const onFailure = (error: unknown, failures: number): number => {
      if (failures === 1) {
        log.error('the worker of objects cannot go on; trying again', { error });
      }
      return fullMs;
    };
    const renew = async (): Promise<number> => {
      await workers.renew(name, { slots });
      await this.#reconcile();
      return workerLeaseMs / 3;
    };
    const look = (): Promise<number> => {
      this.#pumpAll();
      return Promise.resolve(lookMs);
    };
    this.#lease = PeriodicTask.start({
      clock,
      background: true,
      run: renew,
      onFailure,
    });
    this.#looking = PeriodicTask.start({ clock, background: true, run: look, onFailure });
    this.#stopListening = queue.onChange((job) => {
      if (job.state === 'queued') {
        this.#pump(job.queue);
      } else {
        this.#stopIfAsked(job);
      }
    });
  }

  /** Starts to; where the store cannot be written, as soon as it can. */
  static async start(options: ObjectWorkerOptions): Promise<ObjectWorker> {
    const worker = new ObjectWorker(options);
    await worker.#lease.wake();
    return worker;
  }

  /** Claims no more, stops the calls in flight, and notes that they were interrupted. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#stopListening();
    await this.#looking.close();
    for (const { stop } of this.#running.values()) {
      stop.abort();
    }
    await Promise.all(Array.from(this.#running.values(), ({ ended }) => ended));
    await this.#lease.close();
  }

  /**
   * Compares what it has with what it should have: at the start, what the process before this one had goes back, or is
   * interrupted; later, what was lost goes on, as where the process stood still for longer than its lease.
   */
  async #reconcile(): Promise<void> {
    const { queue, name: worker } = this.#options;
    for (const id of [...queue.live.ofWorker(worker)]) {
      const attempt = this.#running.get(id)?.job.attempt;
      if (!this.#isReady) {
        await queue.apply(id, { type: 'forgotten', worker });
      } else if (attempt !== undefined && queue.live.get(id)?.state === 'lost') {
        await queue.apply(id, { type: 'hold', worker, attempt });
      }
    }
    this.#isReady = true;
    this.#pumpAll();
  }

  #pumpAll(): void {
    for (const name of [...this.#options.queue.live.queues()]) {
      this.#pump(name);
    }
  }

  #pump(queueName: string): void {
    const mayClaim = this.#isReady && !this.#closing.signal.aborted;
    if (mayClaim && queueName.startsWith(objectPrefix) && !this.#pumping.has(queueName)) {
      this.#pumping.add(queueName);
      this.#claim(queueName)
        .catch((error: unknown) => {
          this.#options.log.error('jobs of an object could not be claimed', { queue: queueName, error });
        })
        .finally(() => {
          this.#pumping.delete(queueName);
        });
    }
  }

  /** Claims what there is room for, as long as somebody serves the object. */
  async #claim(queueName: string): Promise<void> {
    const { name, queue, slots } = this.#options;
    for (;;) {
      const free = slots - (this.#taken.get(queueName) ?? 0);
      const [first] = queue.live.ready(queueName, 1).map((id) => queue.live.get(id));
      const isClosing = this.#closing.signal.aborted;
      if (first === undefined || free <= 0 || isClosing || !(await this.#isServed(first))) {
        return;
      }
      const jobs = await queue.claim(name, queueName, free);
      for (const job of jobs) {
        this.#take(queueName, 1);
        void this.#make(job).finally(() => {
          this.#take(queueName, -1);
          this.#pump(queueName);
        });
      }
      if (jobs.length === 0) {
        return;
      }
    }
  }

  #take(queueName: string, jobs: number): void {
    const taken = (this.#taken.get(queueName) ?? 0) + jobs;
    if (taken === 0) {
      this.#taken.delete(queueName);
    } else {
      this.#taken.set(queueName, taken);
    }
  }

  /** Reports whether somebody serves the object of a job, also where the job's caller may see nothing of it. */
  async #isServed({ object, caller }: JobRecord): Promise<boolean> {
    const { client } = this.#options;
    try {
      await client.describe(object, onBehalfOf(caller));
      return true;
    } catch (error) {
      if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
        return await client.call(nameServerObject, 'lookup', [object]).then(
          () => true,
          () => false,
        );
      }
      return !isAway(error); // the call says what is wrong
    }
  }

  /** Makes a job. Never rejects. */
  async #make(job: JobRecord): Promise<void> {
    const { log, name } = this.#options;
    const { id, attempt } = job;
    const stop = new AbortController();
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#running.set(id, { job, stop, ended });
    try {
      await this.#insist(job, { type: 'start', worker: name, attempt });
      const outcome = await this.#call(job, stop.signal);
      await this.#insist(job, { type: 'finish', worker: name, attempt, outcome });
    } catch (error) {
      if (!isRpcError(error, 'ATTEMPT_STALE')) {
        log.error('a job could not be made', { job: id, attempt, error });
      }
    } finally {
      this.#running.delete(id);
      end();
    }
  }

  /** Applies an event, also where the store cannot be written for a while. @throws RpcError `ATTEMPT_STALE` */
  async #insist({ id, attempt }: JobRecord, event: JobEvent): Promise<void> {
    const { queue, log, clock } = this.#options;
    for (let failures = 0; ; failures += 1) {
      try {
        await queue.apply(id, event);
        return;
      } catch (error) {
        if (isRpcError(error, 'ATTEMPT_STALE') || this.#closing.signal.aborted) {
          throw error;
        }
        if (failures === 0) {
          log.error('what became of a job could not be kept; trying again', { job: id, attempt, error });
        }
        await clock.sleep(fullMs, { background: true });
      }
    }
  }

  async #call(job: JobRecord, signal: AbortSignal): Promise<AttemptOutcome> {
    const { client, clock, items } = this.#options;
    const { id, object, method, args, caller, timeoutMs, comment } = job;
    const options = {
      ...{ signal, correlationId: id, timeoutMs: timeoutMs ?? 'none' },
      ...(comment === undefined ? {} : { metadata: { reason: comment } }),
      ...onBehalfOf(caller),
    } as const;
    try {
      for (;;) {
        try {
          const call = client.call(object, method, args, options);
          if (items !== undefined) {
            for await (const item of call) {
              await items.item(job, item);
            }
          }
          return succeeded(await call);
        } catch (error) {
          if (!isRpcError(error, 'CONCURRENCY_EXHAUSTED') || signal.aborted) {
            throw error;
          }
          await clock.sleep(fullMs, { signal, background: true }); // it has not begun, and waits for its turn
        }
      }
    } catch (error) {
      return signal.aborted ? this.#stopped() : failed(error, job);
    } finally {
      await items?.end(job);
    }
  }

  #stopped(): AttemptOutcome {
    return this.#closing.signal.aborted
      ? stopped('interrupted', 'the server of jobs was stopped while the call ran: it may have taken effect')
      : stopped('cancelled', 'the call was stopped');
  }

  #stopIfAsked(job: JobRecord): void {
    const running = this.#running.get(job.id);
    const isGone = job.attempt !== running?.job.attempt || job.state === 'cancelled';
    if (running !== undefined && (isGone || job.cancelledBy !== undefined || job.isOverdue === true)) {
      running.stop.abort();
    }
  }
}
