import { type Clock } from '@patchbay/objects';

import { type StoreLease } from '../store.js';

interface Running extends StoreLease {
  deadlineMs: number;
}

/**
 * When each lease passes. The times are in memory and monotonic: keeping a lease alive writes nothing, a wall clock
 * that is set changes nothing, and a store that was closed for an hour gives every lease its whole time anew.
 */
export class LeaseDeadlines {
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start({ leaseId, ttlMs }: StoreLease): void {
    // Not spread: that makes objects which are ten times slower to look through, and there may be 100,000.
    this.#running.set(leaseId, { leaseId, ttlMs, deadlineMs: this.#clock.monotonicMs() + ttlMs });
  }

  /** Starts a lease's time anew; says undefined when it has passed. */
  renew(leaseId: string): StoreLease | undefined {
    const lease = this.#running.get(leaseId);
    const nowMs = this.#clock.monotonicMs();
    if (lease === undefined || lease.deadlineMs <= nowMs) {
      return undefined;
    }
    lease.deadlineMs = nowMs + lease.ttlMs;
    return { leaseId, ttlMs: lease.ttlMs };
  }

  end(leaseId: string): void {
    this.#running.delete(leaseId);
  }

  isLive(leaseId: string): boolean {
    const lease = this.#running.get(leaseId);
    return lease !== undefined && lease.deadlineMs > this.#clock.monotonicMs();
  }

  live(): readonly StoreLease[] {
    return this.#select((deadlineMs, nowMs) => deadlineMs > nowMs);
  }

  /** Gives the leases whose time has passed and that nobody has ended yet. */
  passed(): readonly StoreLease[] {
    return this.#select((deadlineMs, nowMs) => deadlineMs <= nowMs);
  }

  #select(isWanted: (deadlineMs: number, nowMs: number) => boolean): readonly StoreLease[] {
    const nowMs = this.#clock.monotonicMs();
    const wanted: StoreLease[] = [];
    for (const { leaseId, ttlMs, deadlineMs } of this.#running.values()) {
      if (isWanted(deadlineMs, nowMs)) {
        wanted.push({ leaseId, ttlMs });
      }
    }
    return wanted;
  }
}
