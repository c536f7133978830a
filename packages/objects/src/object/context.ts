import type { CallOptions } from '../call.js';
import type { CallMetadata } from '../call-metadata.js';
import type { Access } from '../identity/access.js';
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
  /** Who calls: its principal, groups and roles, and the delegate who makes the call on its behalf, if somebody does. */
  readonly caller: Caller;
  /**
   * Demands more of the caller than the method declares, as where an option or an argument needs it.
   *
   * @throws RpcError `CALLER_REFUSED`, `CALLER_UNKNOWN`
   */
  requireAccess(access: Access): void;
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

/**
 * Refuses calls that access levels and grants allow; it cannot allow what these refuse. Asked before the arguments are
 * read, and, with the action `describe`, whether a caller that may see a method in `Describe` does.
 *
 * @throws RpcError to refuse; of a call, the caller gets it
 */
export type Authorize = (request: {
  readonly caller: Caller;
  readonly action: 'call' | 'describe';
  readonly object: string;
  readonly method: string;
  /** What the method declares that its caller must be. */
  readonly access: Access;
}) => void | Promise<void>;
