import type { Clock, Log } from '@patchbay/objects';

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
/** Timers overflow beyond 24 days. */
const longestSleepMs = 3_600_000;

/**
 * Ends the leases whose time has passed. The times are in memory and monotonic: keeping a lease alive writes nothing, a
 * wall clock that is set changes nothing, and a store that was closed for an hour restarts the time of every lease.
 */
export class LeaseExpiry implements Disposable {
  readonly #options: LeaseExpiryOptions;
  readonly #running = new Map<string, Running>();
  #wakesAtMs = Infinity;
  #sleep = new AbortController();
  #closed = false;

  constructor(options: LeaseExpiryOptions) {
    this.#options = options;
  }

  start({ leaseId, ttlMs }: StoreLease): void {
    // Not spread: that makes objects which are ten times slower to look through, and there may be 100,000.
    const lease = { leaseId, ttlMs, deadlineMs: this.#options.clock.monotonicMs() + ttlMs };
    this.#running.set(leaseId, lease);
    this.#wakeAt(lease.deadlineMs);
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
    this.#closed = true;
    this.#sleep.abort();
  }

  #wakeAt(atMs: number): void {
    if (this.#closed || atMs >= this.#wakesAtMs) {
      return;
    }
    this.#sleep.abort();
    this.#sleep = new AbortController();
    this.#wakesAtMs = atMs;
    const sleepMs = Math.min(Math.ceil(atMs - this.#options.clock.monotonicMs()), longestSleepMs);
    void this.#options.clock.sleep(sleepMs, { signal: this.#sleep.signal, background: true }).then(
      () => this.#endPassed(),
      () => undefined, // another sleep has taken its place, or the store is closed
    );
  }

  async #endPassed(): Promise<void> {
    this.#wakesAtMs = Infinity;
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
    this.#wakeAt(Math.max(earliestMs, nowMs + pauseMs));
    try {
      const leases = passed.length === 0 ? 0 : await this.#options.end(passed);
      if (leases > 0) {
        this.#options.log.info('leases ended without being kept alive', { leases });
      }
    } catch (error) {
      if (!this.#closed) {
        this.#options.log.error('leases could not be ended; trying again', { error });
        this.#wakeAt(nowMs + retryMs);
      }
    }
  }
}
