import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';

import type { StoreLease } from '../store.js';

interface LeaseExpiryOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Ends leases, and returns how many of them had not ended yet. */
  readonly end: (leaseIds: readonly string[]) => Promise<number>;
}

interface Running extends StoreLease {
  deadlineMs: number;
}

/** How long to wait between two looks at the least, so that leases of servers that die together end together. */
const pauseMs = 100;
/** How long to wait after leases could not be ended. */
const retryMs = 1000;

/**
 * Ends the leases whose time has passed. The times are in memory and monotonic: keeping a lease alive writes nothing, a
 * wall clock that is set changes nothing, and a store that was closed for an hour restarts the time of every lease.
 */
export class LeaseExpiry implements Disposable {
  readonly #options: LeaseExpiryOptions;
  readonly #running = new Map<string, Running>();
  readonly #task: PeriodicTask;
  /** When the leases are looked at next, unless it is woken. */
  #nextLookMs = Infinity;

  constructor(options: LeaseExpiryOptions) {
    this.#options = options;
    this.#task = PeriodicTask.start({
      clock: options.clock,
      background: true,
      run: () => this.#endPassed(),
      onFailure: (error) => {
        options.log.error('leases could not be ended; trying again', { error });
        return this.#lookIn(retryMs);
      },
    });
  }

  start({ leaseId, ttlMs }: StoreLease): void {
    // Not spread: that makes objects which are ten times slower to look through, and there may be 100,000.
    const lease = { leaseId, ttlMs, deadlineMs: this.#options.clock.monotonicMs() + ttlMs };
    this.#running.set(leaseId, lease);
    if (lease.deadlineMs < this.#nextLookMs) {
      this.#nextLookMs = lease.deadlineMs;
      void this.#task.wake();
    }
  }

  /** Restarts a lease's time; returns undefined when it has ended. */
  renew(leaseId: string): StoreLease | undefined {
    const lease = this.#running.get(leaseId);
    if (lease === undefined) {
      return undefined;
    }
    lease.deadlineMs = this.#options.clock.monotonicMs() + lease.ttlMs;
    return { leaseId, ttlMs: lease.ttlMs };
  }

  forget(leaseId: string): void {
    this.#running.delete(leaseId);
  }

  /** Reports whether a lease's time has passed; one that was kept alive in the meantime is not ended. */
  hasPassed(leaseId: string): boolean {
    const lease = this.#running.get(leaseId);
    return lease !== undefined && lease.deadlineMs <= this.#options.clock.monotonicMs();
  }

  [Symbol.dispose](): void {
    void this.#task.close();
  }

  /** Ends the leases whose time has passed; returns in how many milliseconds the next one's does. */
  async #endPassed(): Promise<number | undefined> {
    this.#nextLookMs = Infinity; // a lease that starts meanwhile asks for another look
    const nowMs = this.#options.clock.monotonicMs();
    const passed: string[] = [];
    let earliestMs = Infinity;
    for (const { leaseId, deadlineMs } of this.#running.values()) {
      if (deadlineMs <= nowMs) {
        passed.push(leaseId);
      } else {
        earliestMs = Math.min(earliestMs, deadlineMs);
      }
    }
    const leases = passed.length === 0 ? 0 : await this.#options.end(passed);
    if (leases > 0) {
      this.#options.log.info('leases ended without being kept alive', { leases });
    }
    return this.#lookIn(Math.max(Math.ceil(earliestMs - nowMs), pauseMs));
  }

  #lookIn(ms: number): number | undefined {
    this.#nextLookMs = this.#options.clock.monotonicMs() + ms;
    return ms === Infinity ? undefined : ms;
  }
}
