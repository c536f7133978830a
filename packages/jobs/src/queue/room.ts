import { jobsError } from '../errors.js';
import type { LiveJobs } from './live-jobs.js';

/** How many jobs that have not ended there may be. */
export interface QueueBounds {
  /** In one queue. */
  readonly perQueue: number;
  /** In all. */
  readonly total: number;
}

/** Keeps the number of jobs within bounds, those counted that are on their way. */
export class Room {
  readonly #live: LiveJobs;
  readonly #bounds: QueueBounds;
  /** The queues of jobs that are being submitted, and are not among the live ones yet. */
  readonly #arriving: string[] = [];

  constructor(live: LiveJobs, bounds: QueueBounds) {
    this.#live = live;
    this.#bounds = bounds;
  }

  /** @throws RpcError `QUEUE_FULL` */
  check(queue: string): void {
    const { perQueue, total } = this.#bounds;
    const arriving = this.#arriving.filter((each) => each === queue).length;
    const fills =
      this.#live.ofQueue(queue).size + arriving >= perQueue
        ? `${queue} has ${String(perQueue)} jobs`
        : this.#live.size + this.#arriving.length >= total
          ? `there are ${String(total)} jobs`
          : undefined;
    if (fills !== undefined) {
      const message = `${fills} that have not ended, as many as there may be; cancel some, or wait`;
      throw jobsError('QUEUE_FULL', message, { details: { queue } });
    }
  }

  /** Takes a place, until it is released or the job is live. @throws RpcError `QUEUE_FULL` */
  take(queue: string): void {
    this.check(queue);
    this.#arriving.push(queue);
  }

  release(queue: string): void {
    this.#arriving.splice(this.#arriving.indexOf(queue), 1);
  }
}
