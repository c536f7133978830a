import { backoffMs, type Clock, isRpcError, type Log } from '@patchbay/objects';

import { stopped } from '../call-outcomes.js';
import type { Attempt, AttemptOutcome } from '../worker-protocol.js';
import { RunningAttempt } from './attempt.js';
import type { Runner } from './call-runner.js';
import { attemptKey, type Journal } from './journal.js';
import type { StopReason } from './outcomes.js';
import type { OpenOutput } from './output.js';
import type { HostAssignment, Worker } from './worker.js';

/** What attempts are made with. */
export interface AttemptsOptions {
  readonly journal: Journal;
  readonly worker: Worker;
  readonly runner: Runner;
  /** Where what methods yield goes. Default: nowhere. */
  readonly openOutput?: OpenOutput | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onBegin: () => void;
  /** Called when an attempt runs no more; without an outcome where nobody is to hear of it. */
  readonly onEnd: (attempt: RunningAttempt, outcome: AttemptOutcome | undefined) => void;
}

const retry = { firstMs: 200, maxMs: 5_000, jitter: true };
/** How long `jobs` may take to note that an attempt begins, in milliseconds. */
const startMs = 10_000;
/** How long nothing begins after the journal could not be written, in milliseconds. */
const restMs = 30_000;

/**
 * The attempts that a host makes at present. Each is in the journal, and `jobs` has said that it may begin, before
 * anything is done of it.
 */
export class Attempts {
  readonly #options: AttemptsOptions;
  readonly #running = new Map<string, RunningAttempt>();
  readonly #ends = new Map<string, Promise<AttemptOutcome | undefined>>();
  #restsUntilMs = 0;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** What runs, the oldest first. */
  get running(): readonly RunningAttempt[] {
    return [...this.#running.values()];
  }

  /** Whether any may begin: not for a while after the journal could not be written. */
  get mayBegin(): boolean {
    return this.#options.clock.monotonicMs() >= this.#restsUntilMs;
  }

  /** Returns an attempt that runs; undefined for any other. */
  get(attempt: Attempt): RunningAttempt | undefined {
    return this.#running.get(attemptKey(attempt));
  }

  /** Begins an attempt. Resolves to how it ended; undefined where nobody is to hear of it. Never rejects. */
  begin(assignment: HostAssignment): Promise<AttemptOutcome | undefined> {
    const { clock, onBegin, onEnd } = this.#options;
    const key = attemptKey(assignment);
    const attempt = new RunningAttempt(assignment, clock.now());
    this.#running.set(key, attempt);
    const end = this.#make(attempt).then((outcome) => {
      this.#running.delete(key);
      this.#ends.delete(key);
      onEnd(attempt, outcome);
      return outcome;
    });
    this.#ends.set(key, end);
    onBegin();
    return end;
  }

  /** Stops an attempt that is not this host's any more; nobody hears of it. @returns whether that is new */
  async forget(attempt: Attempt): Promise<boolean> {
    const running = this.get(attempt);
    if (running !== undefined) {
      return running.stop('forgotten');
    }
    const isKnown = this.#isInJournal(attempt);
    await this.#note(attempt, this.#options.journal.forget(attempt));
    return isKnown;
  }

  /**
   * Stops an attempt, whose outcome says so if it has not ended before. One that nobody here knows of is answered for, too:
   * the state of this host was lost, so that it may have taken effect. @returns whether that is new
   */
  async cancel(attempt: Attempt): Promise<boolean> {
    const running = this.get(attempt);
    if (running !== undefined) {
      return running.stop('cancelled');
    }
    if (this.#isInJournal(attempt)) {
      return false;
    }
    const outcome = stopped('interrupted', 'the host knows nothing of it any more');
    const { id, attempt: number } = attempt;
    const about = { id, attempt: number, object: '', method: '', startedAtMs: this.#options.clock.now() };
    await this.#note(attempt, this.#options.journal.begin({ ...about, outcome }));
    return true;
  }

  /** Stops all that runs. */
  stopAll(reason: StopReason): void {
    for (const attempt of this.#running.values()) {
      attempt.stop(reason);
    }
  }

  /** Resolves when all that runs now has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#ends.values());
  }

  #isInJournal(attempt: Attempt): boolean {
    const key = attemptKey(attempt);
    return this.#options.journal.entries.some((entry) => attemptKey(entry) === key);
  }

  async #make(attempt: RunningAttempt): Promise<AttemptOutcome | undefined> {
    const { assignment, startedAtMs } = attempt;
    const { journal, clock } = this.#options;
    const { id, attempt: number, object, method } = assignment;
    try {
      await journal.begin({ id, attempt: number, object, method, startedAtMs });
    } catch (error) {
      const log = this.#log(assignment);
      log.error('cannot write the journal, so no job begins here for a while', { error });
      this.#restsUntilMs = clock.monotonicMs() + restMs;
      return undefined;
    }
    const outcome = await this.#outcomeOf(attempt);
    const noted = outcome === undefined ? journal.forget(assignment) : journal.end(assignment, outcome);
    await this.#note(assignment, noted);
    return outcome;
  }

  async #outcomeOf(attempt: RunningAttempt): Promise<AttemptOutcome | undefined> {
    const { assignment, signal } = attempt;
    const { runner, openOutput } = this.#options;
    const log = this.#log(assignment);
    if (!(await this.#mayBegin(attempt, log))) {
      return outcomeOfStop(attempt, 'before it began here');
    }
    const { object, method, caller } = assignment;
    log.info('job begins', { object, method, caller });
    const output = await openOutput?.(assignment).catch((error: unknown) => {
      log.warn('cannot keep what a job writes', { error });
      return undefined;
    });
    const ended = await runner.run(assignment, { signal, output });
    await output?.end().catch((error: unknown) => {
      log.warn('cannot keep what a job wrote', { error });
    });
    return attempt.stopReason === 'forgotten' ? undefined : (ended ?? outcomeOfStop(attempt, 'while it ran'));
  }

  /** Asks whether an attempt may begin, until that is answered or it is to be stopped. */
  async #mayBegin({ assignment, signal }: RunningAttempt, log: Log): Promise<boolean> {
    const { worker, clock } = this.#options;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await worker.start(assignment, { signal, timeoutMs: startMs });
        break;
      } catch (error) {
        if (isRpcError(error, 'ATTEMPT_STALE', 'JOB_NOT_FOUND')) {
          log.info('a job does not begin, as it is not for this host any more', { error });
          return false;
        }
        log.warn('cannot tell jobs that a job begins; trying again', { error });
        await clock.sleep(backoffMs(retry, failures), { signal }).catch(() => undefined);
      }
    }
    return !signal.aborted;
  }

  async #note(attempt: Attempt, written: Promise<void>): Promise<void> {
    await written.catch((error: unknown) => {
      const log = this.#log(attempt);
      log.error('cannot write the journal', { error });
    });
  }

  #log({ id, attempt }: Attempt): Log {
    return this.#options.log.child({ job: id, attempt });
  }
}

/** Returns how an attempt ended that was stopped; undefined where nobody is to hear of it. */
function outcomeOfStop({ stopReason }: RunningAttempt, when: string): AttemptOutcome | undefined {
  switch (stopReason) {
    case undefined:
    case 'forgotten':
      return undefined;
    case 'cancelled':
      return stopped('cancelled', `it was cancelled ${when}`);
    case 'interrupted':
      return stopped('interrupted', `the agent of the host was stopped ${when}`);
    default:
      return stopReason satisfies never;
  }
}
