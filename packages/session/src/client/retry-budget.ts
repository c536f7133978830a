import type { Clock } from '@patchbay/objects';

export interface RetryBudgetOptions {
  /** How many retries may be saved up: as many as one lost session can need at once. Default: 1024. */
  readonly capacity?: number;
  /** How much of a retry each call earns. Default: 0.1, so that an outage adds a tenth to the load. */
  readonly perCall?: number;
  /** How many retries each second earns, for clients that call seldom. Default: 10. */
  readonly perSecond?: number;
}

/**
 * Bounds how often a client retries calls, by a token bucket that is full at first: each retry takes one. An outage
 * then cannot multiply the load of the servers that are left.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #callsMade: () => number;
  readonly #options: Required<RetryBudgetOptions>;
  #tokens: number;
  #countedCalls = 0;
  #countedAtMs: number;

  /** @param callsMade returns how many calls the client has made: read only when it matters */
  constructor(clock: Clock, callsMade: () => number, options: RetryBudgetOptions = {}) {
    this.#clock = clock;
    this.#callsMade = callsMade;
    this.#options = { capacity: 1024, perCall: 0.1, perSecond: 10, ...options };
    this.#tokens = this.#options.capacity;
    this.#countedAtMs = clock.monotonicMs();
  }

  /** Takes a token; returns false when none is left. */
  take(): boolean {
    const { capacity, perCall, perSecond } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    const calls = this.#callsMade();
    const earned = (calls - this.#countedCalls) * perCall + ((nowMs - this.#countedAtMs) / 1000) * perSecond;
    this.#tokens = Math.min(capacity, this.#tokens + earned);
    this.#countedCalls = calls;
    this.#countedAtMs = nowMs;
    if (this.#tokens < 1) {
      return false;
    }
    this.#tokens -= 1;
    return true;
  }
}
