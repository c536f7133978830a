import type { StopReason } from './outcomes.js';
import type { HostAssignment } from './worker.js';

/** An attempt that the agent makes. */
export class RunningAttempt {
  readonly assignment: HostAssignment;
  /** In milliseconds since the Unix epoch. */
  readonly startedAtMs: number;
  readonly #stopping = new AbortController();
  #reason: StopReason | undefined;

  constructor(assignment: HostAssignment, startedAtMs: number) {
    this.assignment = assignment;
    this.startedAtMs = startedAtMs;
  }

  /** Aborts when it is to be stopped. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Why it is to be stopped; undefined while it is not. What is forgotten stays so. */
  get stopReason(): StopReason | undefined {
    return this.#reason;
  }

  /** Stops it, and reports whether that is new. */
  stop(reason: StopReason): boolean {
    const isNew = this.#reason === undefined || (reason === 'forgotten' && this.#reason !== 'forgotten');
    if (isNew) {
      this.#reason = reason;
      this.#stopping.abort(new Error(`the attempt is ${reason}`));
    }
    return isNew;
  }
}
