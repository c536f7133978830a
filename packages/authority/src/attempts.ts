import { type Clock, isRpcError } from '@patchbay/objects';

import { authorityError } from './errors.js';

/**
 * How many attempts may fail within a minute, from one address and altogether. The latter bounds what strangers cost and
 * what is logged of them; who has a good token is none of them.
 */
export const attemptLimits = { address: 20, altogether: 500 } as const;

const windowMs = 60_000;

/** How many refused enrolments of names that exist are kept to be shown. */
const maxShown = 100;

/** An enrolment under a name that has another key. */
export interface Attempt {
  readonly name: string;
  readonly fingerprint: string;
  readonly peer: string;
  readonly atMs: number;
}

/** Bounds how often somebody may fail to enrol, and keeps what admins are to see. */
export class Attempts {
  readonly #clock: Clock;
  readonly #failures = new Map<string, number>();
  readonly #shown: Attempt[] = [];
  #altogether = 0;
  #sinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
  }

  /**
   * Runs an attempt to enrol; one that fails counts.
   *
   * @param isStranger whether it is made without a good token
   * @throws RpcError `ENROLMENTS_EXHAUSTED`, and what it throws
   */
  async attempt<T>(peer: string, isStranger: boolean, run: () => Promise<T>): Promise<T> {
    this.#forget();
    const address = addressOf(peer);
    const failures = this.#failures.get(address) ?? 0;
    const weight = isStranger ? 1 : 0;
    if (failures >= attemptLimits.address || this.#altogether * weight >= attemptLimits.altogether) {
      throw authorityError(
        'ENROLMENTS_EXHAUSTED',
        `${String(failures)} attempts from ${address} failed within a minute, and ${String(this.#altogether)} altogether; try again in a minute`,
      );
    }
    // Counted before it runs, so that many at once are no more than that.
    this.#failures.set(address, failures + 1);
    this.#altogether += weight;
    const begunMs = this.#sinceMs;
    const forgive = (): void => {
      if (begunMs === this.#sinceMs) {
        this.#failures.set(address, Math.max(0, (this.#failures.get(address) ?? 0) - 1));
        this.#altogether -= weight;
      }
    };
    try {
      const result = await run();
      forgive();
      return result;
    } catch (error) {
      if (isRpcError(error, 'ENROLMENT_UNNAMED')) {
        forgive(); // the token is good, and is to be used again
      }
      throw error;
    }
  }

  /** Keeps what admins are to see: that somebody with another key wanted a name. */
  show(attempt: Attempt): void {
    const at = this.#shown.findIndex(
      ({ name, fingerprint }) => name === attempt.name && fingerprint === attempt.fingerprint,
    );
    if (at !== -1) {
      this.#shown.splice(at, 1);
    }
    this.#shown.push(attempt);
    if (this.#shown.length > maxShown) {
      this.#shown.shift();
    }
  }

  /** Returns the last attempt to take a host's name. */
  lastOf(name: string): Attempt | undefined {
    return this.#shown.findLast((each) => each.name === name);
  }

  #forget(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#sinceMs >= windowMs) {
      this.#sinceMs = now;
      this.#altogether = 0;
      this.#failures.clear();
    }
  }
}

/** Returns the address of a peer without its port. */
function addressOf(peer: string): string {
  return peer.startsWith('unix:') ? peer : peer.replace(/:\d+$/, '');
}
