import type { CallOptions } from '../call.js';
import type { CallMetadata } from '../call-metadata.js';
import type { Caller } from '../identity/caller.js';
import type { Log } from '../log.js';
import type { Subscription } from './subscription.js';

/** What a method knows of its call. */
export interface CallContext {
  /** Identifies the call in the logs of both sides. */
  readonly callId: string;
  /** Identifies in the logs what this call and all calls that it leads to belong to. Default: the call's own id. */
  readonly correlationId: string;
  /**
   * The options for calls that the method makes, as in `client.proxy('x').with(context.callOptions)`: the correlation id,
   * the signal, and the remaining time.
   */
  readonly callOptions: CallOptions;
  readonly object: string;
  readonly method: string;
  readonly caller: Caller;
  /**
   * The key-value pairs that came with the call, and those that the server's interceptors added. Calls that the method
   * makes do not carry them by themselves: pass on what belongs to them.
   */
  readonly metadata: CallMetadata;
  /**
   * Adds key-value pairs that travel with the answer, be it a result or an error; has no effect once it was sent.
   *
   * @throws RpcError `METADATA_INVALID`
   */
  addResponseMetadata(added: CallMetadata): void;
  /**
   * Keeps a function of the caller, one that is among the arguments by `callback`, beyond the end of the call: until the
   * subscription is closed, the caller releases it or its session ends, or the call fails.
   *
   * @throws RpcError `SUBSCRIPTIONS_EXHAUSTED`, `SUBSCRIPTION_UNSUPPORTED`, `CALL_CANCELLED` when the call has ended
   * @throws TypeError for any other function
   */
  subscribe(fn: (...args: never[]) => unknown): Subscription;
  /** When the call's time limit passes, in milliseconds since the Unix epoch; undefined for no limit. */
  readonly deadlineMs: number | undefined;
  /** Aborts when the caller cancels, the deadline passes or the connection is lost. */
  readonly signal: AbortSignal;
  /** A log whose lines carry the call's id, object and method. */
  readonly log: Log;
}

/** Authorizes a caller to use a method. @throws RpcError to refuse it, which the caller gets */
export type Authorize = (request: {
  readonly caller: Caller;
  readonly object: string;
  readonly method: string;
}) => void | Promise<void>;
