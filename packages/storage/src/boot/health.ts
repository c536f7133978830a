import { type Clock, isRpcError, type Log } from '@patchbay/objects';

import { Cached } from '../concurrency/cached.js';

/** How long a part may take to answer until it counts as dead, and how long an answer counts, in milliseconds. */
const patienceMs = 3000;
const maxAgeMs = 1000;

/** What must work, by its name; a check rejects where it does not. */
export type Checks = Readonly<Record<string, () => Promise<unknown>>>;

/** Whether the storage serves, and what keeps it from that. */
export interface HealthReport {
  readonly status: 'serving' | 'not-serving';
  /** `ok`, or what is wrong, of each part. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Looks whether each part works, at most once a second however many ask. */
export class Health {
  readonly #cached: Cached<HealthReport>;
  /** What the log has said of each part: a lasting failure is not news every second. */
  readonly #told = new Map<string, string>();
  readonly #services: { readonly clock: Clock; readonly log: Log };

  constructor(checks: Checks, services: { readonly clock: Clock; readonly log: Log }) {
    this.#services = services;
    this.#cached = new Cached(() => this.#look(checks), services.clock, maxAgeMs);
  }

  report(): Promise<HealthReport> {
    return this.#cached.get();
  }

  async #look(checks: Checks): Promise<HealthReport> {
    const found = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await this.#try(name, check)] as const),
    );
    const serves = found.every(([, result]) => result === 'ok');
    return { status: serves ? 'serving' : 'not-serving', checks: Object.fromEntries(found) };
  }

  async #try(name: string, check: () => Promise<unknown>): Promise<string> {
    const done = new AbortController();
    const late = async (): Promise<string> => {
      await this.#services.clock.sleep(patienceMs, { signal: done.signal, background: true });
      return `did not answer within ${String(patienceMs)} ms`;
    };
    try {
      const result = await Promise.race([check().then(() => 'ok'), late()]);
      this.#told.delete(name);
      return result;
    } catch (error) {
      // What is unexpected stays in the log.
      const words = isRpcError(error)
        ? `${error.reason}: ${error.message}`
        : 'failed unexpectedly; see the log';
      if (this.#told.get(name) !== words) {
        this.#services.log.warn('a health check failed', { check: name, error });
      }
      this.#told.set(name, words);
      return words;
    } finally {
      done.abort();
    }
  }
}
