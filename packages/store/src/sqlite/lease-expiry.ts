import { setImmediate } from 'node:timers/promises';

import { type Clock, type Log, PeriodicTask } from '@patchbay/objects';

import type { StoreLease } from '../store.js';

interface LeaseExpiryOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Deletes leases that have ended. */
  readonly end: (leases: readonly StoreLease[]) => Promise<void>;
}

interface Running extends StoreLease {
  deadlineMs: number;
}

/** The longest wait between two looks, in milliseconds: by their being late it is known that the process stood still. */
const beatMs = 500;
/** The shortest wait between two looks, so that leases of servers that die together end together. */
const pauseMs = 100;
/** How late a look is when the process was stopped or busy. */
const absenceMs = 500;
/** What a lease gets at least after an absence as long: by then who keeps it alive tries only every few seconds. */
const absenceGraceMs = 10_000;
/** How long to wait after leases could not be ended. */
const retryMs = 1000;
/** How many leases end at once, so that calls get their turn between two. */
const endedTogether = 256;
/** How many turns of the event loop bring in what waits in the sockets: one reads it, one more runs what was read. */
const turnsToHear = 2;

/**
 * Ends the leases whose time has passed. The times are in memory and monotonic: keeping a lease alive writes nothing, a
 * wall clock that is set changes nothing, and a store that was closed for an hour restarts the time of every lease. So
 * does a process that was stopped, or busy: it could not hear who keeps a lease alive.
 */
export class LeaseExpiry implements Disposable {
  readonly #options: LeaseExpiryOptions;
  readonly #running = new Map<string, Running>();
  readonly #task: PeriodicTask;
  /** No lease ends before. */
  #earliestMs = Infinity;
  #nextLookMs = Infinity;

  constructor(options: LeaseExpiryOptions) {
    const { clock, log } = options;
    this.#options = options;
    this.#task = PeriodicTask.start({
      clock,
      background: true,
      run: () => this.#look(),
      onFailure: (error, failures) => {
        if (failures === 1) {
          log.error('leases could not be ended; trying again', { error });
        }
        return this.#waitOf(retryMs);
      },
    });
  }

  /** Starts or restarts a lease's time. */
  start({ leaseId, ttlMs }: StoreLease): void {
    // Not spread: that makes objects which are ten times slower to look through, and there may be 100,000.
    const lease = { leaseId, ttlMs, deadlineMs: this.#options.clock.monotonicMs() + ttlMs };
    this.#running.set(leaseId, lease);
    this.#earliestMs = Math.min(this.#earliestMs, lease.deadlineMs);
    if (this.#running.size === 1) {
      void this.#task.wake();
    }
  }

  /** Returns a lease that has not ended. */
  get(leaseId: string): StoreLease | undefined {
    return this.#running.get(leaseId);
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

  /** Ends a lease's time; returns undefined when it has ended before. */
  end(leaseId: string): StoreLease | undefined {
    const lease = this.#running.get(leaseId);
    this.#running.delete(leaseId);
    return lease;
  }

  [Symbol.dispose](): void {
    void this.#task.close();
  }

  async #look(): Promise<number | undefined> {
    const nowMs = this.#options.clock.monotonicMs();
    const lateMs = nowMs - this.#nextLookMs;
    if (lateMs >= absenceMs) {
      this.#restartAll(lateMs);
    } else if (nowMs >= this.#earliestMs) {
      for (let turn = 0; turn < turnsToHear; turn += 1) {
        await setImmediate();
      }
      await this.#endPassed(nowMs);
    }
    return this.#waitOf(beatMs);
  }

  #restartAll(lateMs: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#earliestMs = Infinity;
    for (const lease of this.#running.values()) {
      lease.deadlineMs = nowMs + Math.max(lease.ttlMs, Math.min(lateMs, absenceGraceMs));
      this.#earliestMs = Math.min(this.#earliestMs, lease.deadlineMs);
    }
    this.#options.log.warn('the process was stopped or busy; restarted the time of every lease', {
      ms: Math.round(lateMs),
      leases: this.#running.size,
    });
  }

  async #endPassed(nowMs: number): Promise<void> {
    const passed: Running[] = [];
    this.#earliestMs = Infinity;
    for (const lease of this.#running.values()) {
      if (lease.deadlineMs <= nowMs) {
        passed.push(lease);
      } else {
        this.#earliestMs = Math.min(this.#earliestMs, lease.deadlineMs);
      }
    }
    for (let first = 0; first < passed.length; first += endedTogether) {
      await this.#end(
        passed.slice(first, first + endedTogether).filter((lease) => lease.deadlineMs <= nowMs),
      );
    }
  }

  async #end(leases: readonly Running[]): Promise<void> {
    // From here on they take no keys, and are not kept alive.
    const ended = leases.filter(({ leaseId }) => this.#running.delete(leaseId));
    try {
      await this.#options.end(ended);
    } catch (error) {
      ended.forEach((lease) => {
        this.#running.set(lease.leaseId, lease);
      });
      this.#earliestMs = -Infinity;
      throw error;
    }
    if (ended.length > 0) {
      this.#options.log.info('leases ended without being kept alive', { leases: ended.length });
    }
  }

  /** Returns the wait until the next look, of this time at the most; undefined where there is no lease. */
  #waitOf(maxMs: number): number | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const waitMs =
      this.#running.size === 0
        ? undefined
        : Math.min(maxMs, Math.max(pauseMs, Math.ceil(this.#earliestMs - nowMs)));
    this.#nextLookMs = nowMs + (waitMs ?? Infinity);
    return waitMs;
  }
}
