import { type CallOptions } from '../call.js';
import { type Log } from '../log.js';

/** Who calls. Today this is the connection's peer; an authenticated name joins it when there is one. */
export interface Caller {
  /** The transport's name for the other end, such as `127.0.0.1:53122`, or `in-memory`. */
  readonly peer: string;
}

/** What a method knows of the call that it serves. */
export interface CallContext {
  /** Identifies the call in the logs of both sides. */
  readonly callId: string;
  /** Identifies in the logs what this call and all that it leads to belong to: its caller's word, or its own id. */
  readonly correlationId: string;
  /**
   * What a call that this one makes takes over, as in `client.proxy('x').with(context.callOptions)`: the correlation
   * id, the signal, and what is left of the time.
   */
  readonly callOptions: CallOptions;
  readonly object: string;
  readonly method: string;
  readonly caller: Caller;
  /** When the caller stops waiting, in milliseconds since the Unix epoch; undefined: never. */
  readonly deadlineMs: number | undefined;
  /** Aborts when the caller cancels, the deadline passes or the connection is lost. */
  readonly signal: AbortSignal;
  /** A log whose lines carry the call's id, object and method. */
  readonly log: Log;
}

/** Decides whether a caller may use a method; throws the `RpcError` to refuse with. */
export type Authorize = (request: {
  readonly caller: Caller;
  readonly object: string;
  readonly method: string;
}) => void | Promise<void>;
