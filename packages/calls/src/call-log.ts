import {
  type AnsweredCall,
  type CallInfo,
  type CallObserver,
  type CallOutcome,
  type Clock,
  type Interceptor,
  isRpcError,
  type Log,
  PeriodicTask,
} from '@patchbay/objects';

import { CallFile } from './call-file.js';
import { CallQueue } from './call-queue.js';
import type { CallTable } from './call-table.js';
import { Followers } from './followers.js';
import { loggable } from './loggable.js';
import { maxNameLength, NotableCalls } from './notable-calls.js';
import { type CallFilter, type CallPage, matcherOf, readPage } from './query.js';
import type { CallRecord } from './record.js';
import { ReportDesk } from './report-desk.js';
import type { ReportedCall } from './reports.js';
import { type CallLogSettings, isLogged } from './settings.js';

/** What a call log needs. */
export interface CallLogOptions {
  /** The path of its file, which is made when it is not there, for its owner alone. */
  readonly file: string;
  readonly settings: CallLogSettings;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often old calls are removed, in milliseconds. */
const pruneMs = 600_000;

/** Keeps the calls of a daemon in a file: those that it answers, as an observer, and those that it makes. */
export class CallLog implements CallObserver, AsyncDisposable {
  readonly #options: CallLogOptions;
  readonly #file: CallFile;
  readonly #queue: CallQueue;
  readonly #followers = new Followers();
  readonly #pruning: PeriodicTask;
  #settings: CallLogSettings;
  #except: ReadonlySet<string>;
  readonly #notable: NotableCalls;
  readonly #desk: ReportDesk;
  #report: (record: CallRecord) => void = () => undefined;

  /** Opens the log. Where its file cannot be used, that is logged, and calls are dropped and counted. */
  constructor(options: CallLogOptions) {
    const { file, clock, log, settings } = options;
    this.#options = options;
    this.#settings = settings;
    this.#except = new Set(settings.except);
    this.#notable = new NotableCalls(clock, log);
    this.#desk = new ReportDesk(clock);
    this.#file = new CallFile({ file, clock, log });
    this.#pruning = PeriodicTask.start({
      clock,
      delayMs: pruneMs / 10,
      background: true,
      run: async () => {
        await this.prune();
        return pruneMs;
      },
      onFailure: (error) => {
        log.warn('cannot remove old calls from the call log', { error });
        return pruneMs;
      },
    });
    this.#queue = new CallQueue({
      file: this.#file,
      clock,
      log,
      onWritten: () => {
        if ((this.#file.use(({ usedBytes }) => usedBytes)?.value ?? 0) > this.#settings.maxBytes) {
          void this.#pruning.wake();
        }
      },
    });
  }

  /** An interceptor for clients of the daemon, which logs the calls that they make. */
  get outgoing(): Interceptor {
    return async (call, next) => {
      const beganMs = this.#options.clock.monotonicMs();
      try {
        const result = await next();
        this.#noteOutgoing(call, beganMs, undefined);
        return result;
      } catch (error) {
        this.#noteOutgoing(call, beganMs, error);
        throw error;
      }
    };
  }

  /** Opens its file, which the first call would do, so that what is wrong with it is in the log of the start. */
  open(): void {
    this.#file.use(() => true);
  }

  /** Puts other settings in force. */
  change(settings: CallLogSettings): void {
    this.#settings = settings;
    this.#except = new Set(settings.except);
    void this.#pruning.wake();
  }

  /** Logs a call that was answered. */
  answered(call: AnsweredCall, outcome: CallOutcome): void {
    const { access } = call;
    const needsOperator = access === undefined || access === 'operate' || access === 'administer';
    const isWanted = isLogged(this.#settings.incoming, outcome.error !== undefined, needsOperator);
    const isNotable = this.#notable.note(call, outcome);
    if (!isNotable && (!isWanted || this.#isExcepted(call))) {
      return;
    }
    try {
      const record = this.#recordOf(call, outcome);
      this.#note(record);
      if (isNotable) {
        this.#report(record);
      }
    } catch (error) {
      this.#options.log.warn('cannot log a call', { callId: call.callId, error });
    }
  }

  /** Reports to somebody else, too, what is logged whatever is set. */
  reportTo(report: (record: CallRecord) => void): void {
    this.#report = report;
  }

  /**
   * Takes in calls that a server reports.
   *
   * @param missed how many before them it could not report
   * @throws RpcError `REPORTS_EXHAUSTED`
   */
  takeReports(reporter: string, calls: readonly ReportedCall[], missed: number): void {
    for (const record of this.#desk.take(reporter, calls)) {
      this.#note(record);
    }
    if (missed > 0) {
      this.#options.log.warn('a server could not report all of its calls', { reporter, missed });
    }
  }

  /** Returns a page of the log. @throws RpcError `CALL_LOG_UNAVAILABLE`, `ARGUMENT_INVALID`, `SPAN_TOO_LONG` */
  async page(
    filter: CallFilter,
    options: { readonly limit: number; readonly from?: string | undefined; readonly signal?: AbortSignal },
  ): Promise<CallPage> {
    await this.#queue.flush();
    const nowMs = this.#options.clock.now();
    return this.#file.require((table) => readPage(table, filter, { ...options, nowMs }));
  }

  /** Yields calls from now on, each with how many before it were missed. @throws RpcError `ARGUMENT_INVALID` */
  follow(filter: CallFilter, signal: AbortSignal): ReturnType<Followers['follow']> {
    return this.#followers.follow(matcherOf(filter), signal);
  }

  /** Returns the state of the log. */
  status(): {
    readonly bytes: number | undefined;
    readonly span: CallTable['span'];
    readonly dropped: number;
    readonly problem: string | undefined;
  } {
    const read = this.#file.use(({ usedBytes, span }) => ({ usedBytes, span }))?.value;
    return {
      bytes: read?.usedBytes,
      span: read?.span,
      dropped: this.#queue.dropped,
      problem: this.#file.problem,
    };
  }

  /** Removes calls that are too old, and the oldest while there are too many. */
  async prune(): Promise<void> {
    const { keep, maxBytes } = this.#settings;
    const beforeMs = this.#options.clock.now() - keep;
    const removeSome = (): number => {
      const isTooLarge = (table: CallTable): boolean => table.usedBytes > maxBytes * 0.95;
      return (
        this.#file.use((table) => table.remove(beforeMs) || (isTooLarge(table) ? table.remove(undefined) : 0))
          ?.value ?? 0
      );
    };
    let removed = 0;
    for (let some = removeSome(); some > 0; some = removeSome()) {
      removed += some;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (removed > 0) {
      this.#file.use((table) => {
        table.removeUnusedNames();
        return true;
      });
    }
  }

  /** Writes what waits, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pruning[Symbol.asyncDispose]();
    await this.#queue.flush();
    this.#file.close();
  }

  #noteOutgoing(call: CallInfo, beganMs: number, thrown: unknown): void {
    const error = isRpcError(thrown) ? thrown : undefined;
    if (!isLogged(this.#settings.outgoing, thrown !== undefined, true)) {
      return;
    }
    const { clock } = this.#options;
    this.#note({
      atMs: clock.now(),
      durationUs: Math.round((clock.monotonicMs() - beganMs) * 1000),
      outgoing: true,
      caller: 'local',
      onBehalfOf: undefined,
      object: call.object,
      method: call.method,
      peer: call.endpoint,
      code: error?.code ?? (thrown === undefined ? undefined : 'INTERNAL'),
      reason: error?.reason,
      comment: call.metadata.reason,
      callId: call.callId,
      correlationId: call.correlationId,
      arguments: undefined, // without the method's schemas nobody knows what of them is secret
      answerBytes: undefined,
      answer: undefined,
    });
  }

  #recordOf(call: AnsweredCall, { error, result, bytes }: CallOutcome): CallRecord {
    const { caller } = call;
    const { arguments: keepsArguments, results } = this.#settings;
    const given = keepsArguments ? call.maskedArguments() : undefined;
    return {
      atMs: this.#options.clock.now(),
      durationUs: Math.round(call.durationMs * 1000),
      outgoing: false,
      caller: caller.delegate ?? caller.principal,
      onBehalfOf: caller.delegate === undefined ? undefined : caller.principal,
      object: call.object.slice(0, maxNameLength),
      method: call.method.slice(0, maxNameLength),
      peer: caller.peer,
      code: error?.code,
      reason: error?.reason,
      comment: call.metadata.reason?.slice(0, maxNameLength),
      callId: call.callId,
      correlationId: call.correlationId,
      arguments: given === undefined || given.length === 0 ? undefined : loggable(given),
      answerBytes: bytes,
      answer: results && error === undefined ? loggable(call.maskResult(result)) : undefined,
    };
  }

  #note(record: CallRecord): void {
    this.#queue.add(record);
    this.#followers.show(record);
  }

  #isExcepted({ caller }: AnsweredCall): boolean {
    return this.#except.size > 0 && this.#except.has(caller.delegate ?? caller.principal);
  }
}
