import { type Clock, isRpcError, type Log } from '@patchbay/objects';

import { Cached } from '../concurrency/cached.js';

/** How long a check may take, and how long a report is reused, in milliseconds. */
const checkTimeoutMs = 3000;
const maxAgeMs = 1000;

/** The health checks by name; a check rejects if the part does not work. */
export type Checks = Readonly<Record<string, () => Promise<unknown>>>;

/** Whether the storage serves, and if not, why. */
export interface HealthReport {
  readonly status: 'serving' | 'not-serving';
  /** `ok` or the problem, by check. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Runs the health checks, at most once a second however many requests there are. */
export class Health {
  readonly #cached: Cached<HealthReport>;
  /** The problem last logged of each check, so that a lasting failure is logged once. */
  readonly #logged = new Map<string, string>();
  readonly #services: { readonly clock: Clock; readonly log: Log };

  constructor(checks: Checks, services: { readonly clock: Clock; readonly log: Log }) {
    this.#services = services;
    this.#cached = new Cached(() => this.#runAll(checks), services.clock, maxAgeMs);
  }

  report(): Promise<HealthReport> {
    return this.#cached.get();
  }

  async #runAll(checks: Checks): Promise<HealthReport> {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await this.#run(name, check)] as const),
    );
    const serves = results.every(([, result]) => result === 'ok');
    return { status: serves ? 'serving' : 'not-serving', checks: Object.fromEntries(results) };
  }

  async #run(name: string, check: () => Promise<unknown>): Promise<string> {
    const done = new AbortController();
    const timeout = async (): Promise<string> => {
      await this.#services.clock.sleep(checkTimeoutMs, { signal: done.signal, background: true });
      return `did not respond within ${String(checkTimeoutMs)} ms`;
    };
    try {
      const result = await Promise.race([check().then(() => 'ok'), timeout()]);
      this.#logged.delete(name);
      return result;
    } catch (error) {
      // Unexpected errors are only logged.
      const problem = isRpcError(error)
        ? `${error.reason}: ${error.message}`
        : 'failed unexpectedly; see the log';
      if (this.#logged.get(name) !== problem) {
        this.#services.log.warn('a health check failed', { check: name, error });
      }
      this.#logged.set(name, problem);
      return problem;
    } finally {
      done.abort();
    }
  }
}
