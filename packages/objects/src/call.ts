import type { CallMetadata } from './call-metadata.js';
import type { RpcError } from './errors/rpc-error.js';

/**
 * A call in progress: a promise of the method's result that can also be iterated for the items that the method yields.
 * Leaving the loop early cancels the call, and the method's `finally` blocks run on the server. If the call is only
 * awaited, its items are dropped; if it is iterated, the loop sets their pace. It counts as handled: a failure that
 * nobody awaits ends no process.
 */
export interface Call<Result, Item = never> extends Promise<Result>, AsyncIterable<Item> {
  /** Identifies the call in the logs of both sides. */
  readonly callId: string;
  /** `host:port` of the server that the call was last sent to; undefined until it is sent. */
  readonly endpoint: string | undefined;
  /** The key-value pairs that came with the answer, from the server's interceptors and the method; empty until then. */
  readonly responseMetadata: CallMetadata;
  /**
   * Resolves when the method can call no function among the arguments any more: when the call has ended, or, of those
   * that the method subscribed to, when it or this client has released them. Resolves to `CONNECTION_LOST` where the
   * session with the server was lost, and the subscriptions with it: subscribe again.
   */
  readonly released: Promise<RpcError | undefined>;
  /**
   * Cancels the call, which then rejects with `CANCELLED`. Once it has ended, releases the functions that its method
   * subscribed to, and has no effect otherwise.
   *
   * @param reason becomes the error's `cause`
   */
  cancel(reason?: unknown): void;
}

/** A time limit in milliseconds, or none. */
export type TimeLimit = number | 'none';

/** The time limit of a method that declares none, in milliseconds. */
export const defaultTimeoutMs = 60_000;

/** The options of a call. */
export interface CallOptions {
  /**
   * The call's time limit in milliseconds, from its start; `'none'` for no limit. Default: the client's, else the one
   * that the method declares, which its server keeps.
   */
  readonly timeoutMs?: TimeLimit | undefined;
  /**
   * Cancels the call when it aborts: with `CANCELLED`, or with `DEADLINE_EXCEEDED` by `AbortSignal.timeout`. The
   * signal's `reason` is the error's `cause`. As with `cancel`, it releases the functions that the method subscribed to.
   */
  readonly signal?: AbortSignal;
  /**
   * Identifies in the logs of all servers what this call belongs to, such as the request that led to it: 1 to 128
   * visible ASCII characters. Default: the call's own id.
   */
  readonly correlationId?: string;
  /**
   * Key-value pairs that travel with the call, for the interceptors of both sides and for the method. `with` adds to
   * those set before. Default: none.
   */
  readonly metadata?: CallMetadata;
  /**
   * The host or user on whose behalf the call is made, `user:alice`, with whose rights it runs: the server takes that
   * from its machine's own callers, by the socket file, and from hosts with the grant `delegate`, and refuses others
   * with `DELEGATION_REFUSED`. Default: one calls on one's own behalf.
   */
  readonly onBehalfOf?: string;
}

/** Options of a call without an answer: it resolves once it is handed to the connection, whatever happens then. */
export interface OneWayOptions extends CallOptions {
  readonly oneWay: true;
}

/** The options of a call with an answer or without. */
export type AnyCallOptions = CallOptions & Partial<OneWayOptions>;

/** Returns options with further ones, which replace those set before; metadata is added to. */
export function moreOptions<O extends CallOptions>(options: O, more: O): O {
  const { metadata } = options;
  return metadata === undefined || more.metadata === undefined
    ? { ...options, ...more }
    : { ...options, ...more, metadata: { ...metadata, ...more.metadata } };
}
