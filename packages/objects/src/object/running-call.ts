import type { Expiring } from '../deadlines.js';
import type { RpcError } from '../errors/rpc-error.js';
import type { CallOptions, TimeLimit } from '../call.js';
import { type CallMetadata, noMetadata, withMetadata } from '../call-metadata.js';
import { coreError } from '../errors/core-errors.js';
import { deadlinePassed } from '../errors/deadline.js';
import type { Log } from '../log.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import type { Access } from '../identity/access.js';
import { authorize } from '../identity/authorize.js';
import type { Caller } from '../identity/caller.js';
import type { Requester } from '../identity/delegation.js';
import { rankOf } from '../identity/policy.js';
import type { PreparedMethod } from './bind.js';
import type { CallContext } from './context.js';
import { accessOf } from './definition.js';
import { callerReason } from './call-log.js';
import { type CallInfo, type ItemHook, ItemHooks } from './interceptor.js';
import type { HostedObject } from './hosted-object.js';
import type { AnsweredCall, CallServices } from './observer.js';
import type { ArgvElement } from './file-argument.js';
import { type Subscription, subscribeOf } from './subscription.js';

/** Receives a call's answer: items, then exactly one result or failure. */
export interface CallSink {
  /** Sends an item; a returned promise asks to wait, as the reader is slow. */
  item(value: unknown): Promise<void> | undefined;
  /**
   * Sends the result; returns its size in bytes where that is known, and what is no number where it is not.
   *
   * @throws if the value cannot be sent; then the call is not answered yet, and `failure` still may be called
   */
  result(value: unknown, metadata: CallMetadata): unknown;
  /** Never throws. @param begun whether the method was started; if not, the call may run elsewhere */
  failure(error: RpcError, begun: boolean, metadata: CallMetadata): void;
  /** Called when the method has ended, possibly long after the answer. */
  done?(): void;
}

/** Settles the promise by which interceptors wait for a call. */
export interface Deferred {
  /** Fulfils it with the call's result. */
  readonly resolve: (result: unknown) => void;
  /** Rejects it with the call's error. */
  readonly reject: (error: unknown) => void;
}

/** A call as a server received it. */
export interface Invocation extends Requester {
  /** The object's name; for a reference its label. */
  readonly object: string;
  /** The object itself if it was called by reference, as it has no name. */
  readonly handedOut?: HostedObject | undefined;
  readonly method: string;
  /** Whether a property is read, so that a method of this name must not run. */
  readonly isRead?: boolean;
  /** The positional values with the options last, or the argv of a command line. */
  readonly input: { readonly values: readonly unknown[] } | { readonly argv: readonly ArgvElement[] };
  readonly callId: string;
  /** The key-value pairs that the caller sent along; undefined: none. */
  readonly metadata?: CallMetadata | undefined;
  /** As the caller gave it; undefined: the call's id. */
  readonly correlationId?: string | undefined;
  /** The caller's time limit; undefined: the one that the method declares. */
  readonly timeoutMs: TimeLimit | undefined;
}

const noLimits: readonly ConcurrencyLimit[] = [];

/** A call that runs on a server. It answers its sink once, whatever its method still does. */
export class RunningCall implements CallContext, CallInfo, AnsweredCall, Expiring {
  readonly side = 'server';
  readonly endpoint = undefined;
  readonly object: string;
  readonly method: string;
  /** Whose rights it has. Set by the dispatcher where that is not who makes it. */
  caller: Caller;
  readonly expiresAtMs: number;
  deadlineIndex = -1;
  readonly sink: CallSink;
  /** Whether the method is running, possibly longer than anybody waits for it. Set by the dispatcher. */
  running = true;
  /** The limits whose slots the call holds until its method has ended. */
  limits: readonly ConcurrencyLimit[] = noLimits;
  /** The object whose method is running, once it is. Set by the dispatcher. */
  hosted: HostedObject | undefined;
  /** Its method, once it is found and its caller may use it. Set by the dispatcher. */
  called: PreparedMethod | undefined;
  /** Why it may not be made on behalf of whom it names. Set by the dispatcher. */
  refusal: RpcError | undefined;
  /** Set while interceptors wait for the outcome in place of the sink. */
  outcome: Deferred | undefined;
  /** Whether the method was started. Set by the dispatcher. */
  begun = false;
  /** The highest level that its method demanded beside the one that it declares. */
  demanded: Access | undefined;
  metadata: CallMetadata;
  responseMetadata = noMetadata;
  readonly invocation: Invocation;
  readonly #services: CallServices;
  readonly #beganMs: number;
  #replaced: readonly unknown[] | undefined;
  readonly #timeoutMs: number;
  #ended = false;
  // Created when a method asks for it: most end before anybody could cancel them.
  #abort: AbortController | undefined;
  #abortReason: RpcError | undefined;
  #contextLog: Log | undefined;
  #itemHooks: ItemHooks | undefined;

  constructor(invocation: Invocation, sink: CallSink, timeoutMs: TimeLimit, services: CallServices) {
    this.invocation = invocation;
    this.object = invocation.object;
    this.method = invocation.method;
    this.caller = invocation.caller;
    this.metadata = invocation.metadata ?? noMetadata;
    this.#timeoutMs = timeoutMs === 'none' ? Infinity : timeoutMs;
    this.#beganMs = services.clock.monotonicMs();
    this.expiresAtMs = this.#timeoutMs + this.#beganMs;
    this.sink = sink;
    this.#services = services;
  }

  /** Whether the sink has its answer. */
  get ended(): boolean {
    return this.#ended;
  }

  get callId(): string {
    return this.invocation.callId;
  }

  get correlationId(): string {
    return this.invocation.correlationId ?? this.callId;
  }

  /** What was passed, or what an interceptor put in its place. */
  get input(): Invocation['input'] {
    return this.#replaced === undefined ? this.invocation.input : { values: this.#replaced };
  }

  get arguments(): readonly unknown[] {
    const { input } = this;
    return 'values' in input ? input.values : input.argv;
  }

  get callOptions(): CallOptions {
    const { correlationId, signal } = this;
    const leftMs = this.expiresAtMs - this.#services.clock.monotonicMs();
    return { correlationId, signal, ...(leftMs === Infinity ? {} : { timeoutMs: Math.max(1, leftMs) }) };
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
      ...(this.invocation.correlationId === undefined ? {} : { correlationId: this.correlationId }),
      object: this.object,
      method: this.method,
      ...callerReason(this),
    });
    return this.#contextLog;
  }

  addMetadata(added: CallMetadata): void {
    if (this.begun) {
      throw coreError('METADATA_INVALID', 'metadata can be added to a call only before its method begins');
    }
    this.metadata = withMetadata(this.metadata, added);
  }

  replaceArguments(values: readonly unknown[]): void {
    if (this.begun) {
      throw coreError(
        'ARGUMENT_INVALID',
        'the arguments of a call can be replaced only before its method begins',
      );
    }
    this.#replaced = values;
  }

  get durationMs(): number {
    return this.#services.clock.monotonicMs() - this.#beganMs;
  }

  get access(): Access | undefined {
    return this.called && accessOf(this.called.definition);
  }

  maskedArguments(): readonly unknown[] | undefined {
    try {
      return this.called?.maskArguments(this.input);
    } catch {
      return undefined; // they cannot be decoded
    }
  }

  maskResult(result: unknown): unknown {
    return this.called?.maskResult(result);
  }

  addResponseMetadata(added: CallMetadata): void {
    this.responseMetadata = withMetadata(this.responseMetadata, added);
  }

  requireAccess(access: Access): void {
    const { caller, object, method } = this;
    const granted = this.hosted?.grantedAs(method) ?? { object, method };
    authorize({ caller, action: 'call', access, ...granted }, `${object}.${method}`);
    if (this.demanded === undefined || rankOf[access] > rankOf[this.demanded]) {
      this.demanded = access;
    }
  }

  subscribe(fn: (...args: never[]) => unknown): Subscription {
    const subscribe = subscribeOf(fn);
    if (subscribe === undefined) {
      throw new TypeError(
        "subscribe takes a function of the caller's, as callback() among the arguments gives it",
      );
    }
    const subscription = subscribe();
    this.#services.subscribed.add(this, subscription);
    return subscription;
  }

  onItem(hook: ItemHook): void {
    this.#itemHooks ??= new ItemHooks();
    this.#itemHooks.add(hook);
  }

  /** Sends an item, after the interceptors' hooks. */
  item(value: unknown): Promise<void> | undefined {
    return this.sink.item(this.#itemHooks === undefined ? value : this.#itemHooks.apply(value));
  }

  /** Why the method should stop; undefined while it need not. */
  get stopReason(): RpcError | undefined {
    return this.#abortReason;
  }

  /** Answers with the result, unless already answered. @throws what the sink throws if it cannot send it */
  succeed(value: unknown): void {
    if (!this.#ended) {
      const bytes = this.sink.result(value, this.responseMetadata);
      this.#ended = true;
      this.#services.observer?.answered(this, {
        result: value,
        bytes: typeof bytes === 'number' ? bytes : undefined,
      });
    }
  }

  /** Answers with the error, unless already answered. */
  fail(error: RpcError): void {
    if (!this.#ended) {
      this.#ended = true;
      this.sink.failure(error, this.begun, this.responseMetadata);
      this.#services.observer?.answered(this, { error });
    }
  }

  /** Answers with the error at once, and signals the method to stop. */
  cancel(error: RpcError): void {
    if (!this.#ended) {
      this.fail(error);
      this.stop(error);
    }
  }

  /** Signals the method to stop, as nobody waits for it any more. */
  stop(reason: RpcError): void {
    this.#abortReason ??= reason;
    this.#abort?.abort(this.#abortReason);
  }

  expire(): void {
    const limitOf = this.invocation.timeoutMs === undefined ? 'method' : 'call';
    this.cancel(deadlinePassed(`${this.object}.${this.method}`, this.#timeoutMs, limitOf));
  }
}
