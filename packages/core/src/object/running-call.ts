import { type Clock } from '../clock.js';
import { type Expiring } from '../deadlines.js';
import { coreError } from '../errors/core-errors.js';
import { type RpcError } from '../errors/rpc-error.js';
import { type Log } from '../log.js';
import { type CallContext, type Caller } from './context.js';

/** Where a call's answer goes. Exactly one of `result` and `failure` answers, once and last. */
export interface CallSink {
  /** Sends an item; a promise, where there is one, asks to wait: the reader is slow. */
  item(value: unknown): Promise<void> | undefined;
  /** @throws when it cannot send the value; then it has not answered, and `failure` still can */
  result(value: unknown): void;
  /** Never throws. */
  failure(error: RpcError): void;
}

/** A call that a server received. */
export interface Invocation {
  readonly object: string;
  readonly method: string;
  /** Positional values with the options last, or the words of a command line. */
  readonly input: { readonly values: readonly unknown[] } | { readonly words: readonly string[] };
  readonly caller: Caller;
  readonly callId: string;
  /** The time limit in milliseconds; undefined: none. */
  readonly timeoutMs: number | undefined;
}

/** A call while it runs on a server. It answers its sink once, whatever its method still does. */
export class RunningCall implements CallContext, Expiring {
  readonly expiresAtMs: number;
  readonly sink: CallSink;
  /** Whether the method runs, which it may do longer than anybody waits for it; kept by the dispatcher. */
  running = true;
  readonly #invocation: Invocation;
  readonly #services: { readonly clock: Clock; readonly log: Log };
  #ended = false;
  // Made when a method asks: most are done before anybody could cancel them.
  #abort: AbortController | undefined;
  #abortReason: RpcError | undefined;
  #contextLog: Log | undefined;

  constructor(
    invocation: Invocation,
    sink: CallSink,
    expiresAtMs: number,
    services: { readonly clock: Clock; readonly log: Log },
  ) {
    this.#invocation = invocation;
    this.expiresAtMs = expiresAtMs;
    this.sink = sink;
    this.#services = services;
  }

  /** Whether the sink has its answer. */
  get ended(): boolean {
    return this.#ended;
  }

  get callId(): string {
    return this.#invocation.callId;
  }

  get object(): string {
    return this.#invocation.object;
  }

  get method(): string {
    return this.#invocation.method;
  }

  get caller(): Caller {
    return this.#invocation.caller;
  }

  get deadlineMs(): number | undefined {
    const { clock } = this.#services;
    return this.expiresAtMs === Infinity ? undefined : clock.now() + (this.expiresAtMs - clock.monotonicMs());
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) {
        this.#abort.abort(this.#abortReason);
      }
    }
    return this.#abort.signal;
  }

  get log(): Log {
    this.#contextLog ??= this.#services.log.child({
      callId: this.callId,
      object: this.object,
      method: this.method,
    });
    return this.#contextLog;
  }

  succeed(value: unknown): void {
    if (!this.#ended) {
      this.sink.result(value);
      this.#ended = true;
    }
  }

  fail(error: RpcError): void {
    if (!this.#ended) {
      this.#ended = true;
      this.sink.failure(error);
    }
  }

  /** Answers with the error now, and asks the method to stop. */
  cancel(error: RpcError): void {
    if (this.#ended) {
      return;
    }
    this.#abortReason = error;
    this.fail(error);
    this.#abort?.abort(error);
  }

  expire(): void {
    this.cancel(coreError('DEADLINE_PASSED', `${this.object}.${this.method} did not finish in time`));
  }
}
