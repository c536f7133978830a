import { once } from 'node:events';

import { backoffMs, type Clock, type Log, type RpcError, toRpcError } from '@patchbay/objects';

import { stopped } from '../call-outcomes.js';
import { type Attempt, type AttemptOutcome, type HostFacts, workerLeaseMs } from '../worker-protocol.js';
import type { RunningAttempt } from './attempt.js';
import { Attempts } from './attempts.js';
import type { Runner } from './call-runner.js';
import { attemptKey, type Journal } from './journal.js';
import { Outbox } from './outbox.js';
import type { OpenOutput } from './output.js';
import type { HostOrders, Worker } from './worker.js';

/** What an agent needs. */
export interface HostAgentOptions {
  readonly worker: Worker;
  readonly journal: Journal;
  readonly runner: Runner;
  /** Where what methods yield goes. Default: nowhere. */
  readonly openOutput?: OpenOutput | undefined;
  /** How many jobs it makes at once. */
  readonly slots: number;
  /** What it says of its host. */
  readonly facts: HostFacts;
  /** How long a stop waits for what runs, in milliseconds. */
  readonly drainMs: number;
  /**
   * When it takes jobs: `pushed` as soon as there are any, every so many milliseconds those that wait then, `asked` those
   * alone that `make` names.
   */
  readonly takes: 'pushed' | 'asked' | number;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when what runs, or whether `jobs` answers, has changed. Default: nobody. */
  readonly onChange?: (() => void) | undefined;
  /** Called when an attempt has ended. Default: nobody. */
  readonly onEnd?: ((attempt: RunningAttempt, outcome: AttemptOutcome) => void) | undefined;
}

/** A job that is asked for, and who waits for how it ends. */
interface Wish {
  readonly id: string;
  readonly resolve: (end: Promise<AttemptOutcome | undefined> | undefined) => void;
}

/** A question that waits for its answer. */
interface Question {
  readonly free: number;
  readonly withdraw: () => void;
}

const retry = { firstMs: 500, maxMs: 15_000, jitter: true };
/** How often `jobs` is asked at least, in milliseconds: the lease lasts three times as long. */
const askMs = workerLeaseMs / 3;
/** How much later than it was to `jobs` may answer, in milliseconds. */
const graceMs = 10_000;
/** The pause after an answer that came early and said nothing new, in milliseconds. */
const pauseMs = 1_000;
/** How long a stop tries to report how attempts ended, in milliseconds. */
const lastReportMs = 5_000;

/** Makes the jobs of a host: asks `jobs` what there is, and answers for what it has begun. */
export class HostAgent implements AsyncDisposable {
  readonly #options: HostAgentOptions;
  readonly #attempts: Attempts;
  readonly #outbox: Outbox;
  #isDraining = false;
  #connection: 'unknown' | 'connected' | RpcError = 'unknown';
  #question: Question | undefined;
  #wishes: readonly Wish[] = [];
  #nextPollMs = 0;

  private constructor(options: HostAgentOptions) {
    const { onEnd } = options;
    this.#options = options;
    this.#outbox = new Outbox(options);
    this.#attempts = new Attempts({
      ...options,
      onBegin: () => options.onChange?.(),
      onEnd: (attempt, outcome) => {
        void this.#outbox.flush();
        if (this.#question?.free === 0) {
          this.#question.withdraw(); // there is a free slot now
        }
        if (outcome !== undefined) {
          onEnd?.(attempt, outcome);
        }
        options.onChange?.();
      },
    });
  }

  /** Makes an agent, which answers for what the one before it had begun: nobody knows how far that came. */
  static async open(options: HostAgentOptions): Promise<HostAgent> {
    const { journal, log } = options;
    for (const entry of journal.entries.filter(({ outcome }) => outcome === undefined)) {
      const { id, attempt, object, method } = entry;
      log.warn('a job was cut short with the agent before this one', { job: id, attempt, object, method });
      await journal.end(entry, stopped('interrupted', 'the agent of the host ended while it ran'));
    }
    return new HostAgent(options);
  }

  /** What runs, the oldest first. */
  get running(): readonly RunningAttempt[] {
    return this.#attempts.running;
  }

  /** Whether `jobs` answers; where it does not, why. */
  get connection(): 'unknown' | 'connected' | RpcError {
    return this.#connection;
  }

  /**
   * Takes and makes jobs until the signal aborts; then takes none, gives those that run their time, and stops them.
   * What fails on the way is tried again.
   */
  async run(signal: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const conversation = this.#converse(ending.signal);
    if (!signal.aborted) {
      await once(signal, 'abort');
    }
    this.#isDraining = true;
    this.#wish([]);
    await this.#within(this.#options.drainMs, this.#attempts.ended());
    this.#attempts.stopAll('interrupted');
    await this.#attempts.ended();
    ending.abort();
    await conversation;
    await this.#within(lastReportMs, this.#outbox.flush());
  }

  /**
   * Makes one job, while `run` runs.
   *
   * @returns how it ended, once that was reported or could not be; undefined where it is not to be had
   */
  async make(id: string): Promise<AttemptOutcome | undefined> {
    const outcome = await new Promise<AttemptOutcome | undefined>((resolve) => {
      this.#wish([...this.#wishes, { id, resolve }]);
    });
    await this.#outbox.flush();
    return outcome;
  }

  /** Announces the host, and takes no job. @throws RpcError where `jobs` cannot be asked */
  async register(signal: AbortSignal): Promise<void> {
    await this.#ask({ waitMs: 0, free: 0, wishes: [] }, signal);
  }

  /** Stops what runs, and answers for nothing any more: what is not reported stays in the journal. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#attempts.stopAll('interrupted');
    await this.#attempts.ended();
    await this.#outbox[Symbol.asyncDispose]();
  }

  async #converse(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let failures = 0;
    const isOver = (): boolean => signal.aborted; // it may change while it waits
    while (!isOver()) {
      let restMs: number;
      try {
        restMs = await this.#askNext(signal);
        if (failures > 0) {
          log.info('jobs answers again');
        }
        failures = 0;
        this.#connect('connected');
      } catch (error) {
        failures += 1;
        if (failures === 1 && !isOver()) {
          log.warn('jobs does not answer; trying again', { error });
        }
        this.#connect(toRpcError(error));
        restMs = backoffMs(retry, failures);
      }
      if (restMs > 0 && !isOver()) {
        await clock.sleep(restMs, { signal }).catch(() => undefined);
      }
    }
  }

  /** Asks what there is now. @returns how long to rest before the next question, in milliseconds */
  async #askNext(signal: AbortSignal): Promise<number> {
    const { clock, takes, slots } = this.#options;
    const nowMs = clock.monotonicMs();
    const room = this.#isDraining || !this.#attempts.mayBegin ? 0 : Math.max(0, slots - this.running.length);
    const wishes = this.#wishes.slice(0, room);
    const isPoll = typeof takes === 'number' && !this.#isDraining;
    const isDue = takes === 'pushed' || (isPoll && nowMs >= this.#nextPollMs);
    if (isPoll && isDue) {
      this.#nextPollMs = nowMs + takes;
    }
    // Whether it is heard shows at once only where the answer does not wait for a job.
    const waitMs = isPoll || wishes.length > 0 || this.#connection !== 'connected' ? 0 : askMs;
    const free = wishes.length > 0 ? wishes.length : isDue ? room : 0;
    const isNews = await this.#ask({ waitMs, free, wishes }, signal);
    if (isPoll) {
      return Math.min(askMs, Math.max(0, this.#nextPollMs - clock.monotonicMs()));
    }
    return !isNews && clock.monotonicMs() - nowMs < Math.min(waitMs, pauseMs) ? pauseMs : 0;
  }

  /** Asks, and does what is answered. @returns whether that was anything new, or the question was withdrawn */
  async #ask(
    { waitMs, free, wishes }: { waitMs: number; free: number; wishes: readonly Wish[] },
    signal: AbortSignal,
  ): Promise<boolean> {
    const { worker, slots, facts } = this.#options;
    const asking = new AbortController();
    const withdraw = (): void => {
      asking.abort();
    };
    signal.addEventListener('abort', withdraw, { once: true });
    this.#question = { free, withdraw };
    try {
      const orders = await worker.next(
        {
          ...{ holding: this.#holding(), free, slots, waitMs, facts },
          ...(wishes.length > 0 && { only: wishes.map(({ id }) => id) }),
        },
        { signal: asking.signal, timeoutMs: waitMs + graceMs },
      );
      return await this.#obey(orders, wishes);
    } catch (error) {
      if (asking.signal.aborted && !signal.aborted) {
        return true;
      }
      throw error;
    } finally {
      signal.removeEventListener('abort', withdraw);
      this.#question = undefined;
    }
  }

  /** What it has to answer for: what runs, and what has ended and is not reported. */
  #holding(): Attempt[] {
    const ended = this.#options.journal.entries.filter(({ outcome }) => outcome !== undefined);
    const all = [...this.running.map(({ assignment }) => assignment), ...ended];
    const held = new Map(all.map(({ id, attempt }) => [attemptKey({ id, attempt }), { id, attempt }]));
    return [...held.values()].slice(0, 1_000);
  }

  async #obey({ run, cancel, forget }: HostOrders, wishes: readonly Wish[]): Promise<boolean> {
    let isNews = false;
    for (const attempt of forget) {
      isNews = (await this.#attempts.forget(attempt)) || isNews;
    }
    for (const attempt of cancel) {
      isNews = (await this.#attempts.cancel(attempt)) || isNews;
    }
    // What comes while it stops is not begun, and goes back: it is not among what is held.
    const taken = this.#isDraining ? [] : run.filter((each) => this.#attempts.get(each) === undefined);
    const ends = new Map(taken.map((each) => [each.id, this.#attempts.begin(each)]));
    this.#wishes = this.#wishes.filter((each) => !wishes.includes(each));
    for (const { id, resolve } of wishes) {
      resolve(ends.get(id));
    }
    return isNews || taken.length > 0;
  }

  /** Replaces what is asked for by id; what nobody gets any more is not to be had. */
  #wish(wishes: readonly Wish[]): void {
    const dropped = this.#wishes.filter((each) => !wishes.includes(each));
    this.#wishes = wishes;
    for (const { resolve } of dropped) {
      resolve(undefined);
    }
    this.#question?.withdraw();
  }

  #connect(connection: 'connected' | RpcError): void {
    const isChange = this.#connection !== connection;
    this.#connection = connection;
    if (isChange) {
      this.#options.onChange?.();
    }
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    await Promise.race([work, this.#options.clock.sleep(ms, { signal: done.signal }).catch(() => undefined)]);
    done.abort();
  }
}
