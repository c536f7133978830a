import { jobsError } from '../errors.js';
import type { JobRecord } from '../records/tables.js';
import { argumentBytesOf, type LiveJobs } from './live-jobs.js';

/** How much of jobs that have not ended there may be. */
export interface QueueBounds {
  /** How many in one queue. */
  readonly perQueue: number;
  /** How many in all. */
  readonly total: number;
  /** How long the arguments of all are together, as JSON in bytes: they are in memory. */
  readonly bytes: number;
}

/** A job as far as it takes room. */
type Placed = Pick<JobRecord, 'queue' | 'args'>;

/** Keeps the number and size of jobs within bounds, those counted that are on their way. */
export class Room {
  readonly #live: LiveJobs;
  readonly #bounds: QueueBounds;
  /** The jobs that are being submitted, and are not among the live ones yet. */
  readonly #arriving = new Set<Placed>();
  #arrivingBytes = 0;

  constructor(live: LiveJobs, bounds: QueueBounds) {
    this.#live = live;
    this.#bounds = bounds;
  }

  /** @throws RpcError `QUEUE_FULL` */
  check({ queue, args }: Placed): void {
    const { perQueue, total, bytes } = this.#bounds;
    const arriving = [...this.#arriving].filter((each) => each.queue === queue).length;
    const taken = this.#live.argumentBytes + this.#arrivingBytes;
    const fills =
      this.#live.ofQueue(queue).size + arriving >= perQueue
        ? `${queue} has ${String(perQueue)} jobs`
        : this.#live.size + this.#arriving.size >= total
          ? `there are ${String(total)} jobs`
          : taken + argumentBytesOf(args) > bytes
            ? `the arguments take ${String(taken)} of ${String(bytes)} bytes, those of jobs`
            : undefined;
    if (fills !== undefined) {
      const message = `${fills} that have not ended, as many as there may be; cancel some, or wait`;
      throw jobsError('QUEUE_FULL', message, { details: { queue } });
    }
  }

  /** Takes a place, until it is released: then the job is live, or was not kept. @throws RpcError `QUEUE_FULL` */
  take(placed: Placed): void {
    this.check(placed);
    this.#arriving.add(placed);
    this.#arrivingBytes += argumentBytesOf(placed.args);
  }

  release(placed: Placed): void {
    if (this.#arriving.delete(placed)) {
      this.#arrivingBytes -= argumentBytesOf(placed.args);
    }
  }
}
