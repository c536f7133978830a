/**
 * A call under way: a promise of the method's result that can also be iterated for what the method yields on
 * the way. Leaving the loop early cancels the call, and the method's `finally` blocks run on the server.
 * Whoever only awaits it has the items dropped; whoever iterates sets their pace.
 */
export interface Call<Result, Item = never> extends Promise<Result>, AsyncIterable<Item> {
  /** Identifies the call in the logs of both sides. */
  readonly callId: string;
  /** `host:port` of the server that the call went to, of several the last; undefined while it has not gone out. */
  readonly endpoint: string | undefined;
  /** Cancels the call, which then rejects with `CANCELLED`; nothing happens when it has ended. */
  cancel(): void;
}

/** How long a call may take when its caller does not say, in milliseconds. */
export const defaultTimeoutMs = 60_000;

/** What a caller may ask of a call. */
export interface CallOptions {
  /** The call's time limit in milliseconds, from when it is made; `'none'` for a call without one. Default: 60 s. */
  readonly timeoutMs?: number | 'none';
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal;
  /**
   * Names in the logs of all servers what this call belongs to, such as the request that led to it: 1 to 128 visible
   * ASCII characters. Default: the call's own id.
   */
  readonly correlationId?: string;
}

/** Asks for a call without an answer: it resolves when it is handed to the connection, whatever becomes of it then. */
export interface OneWayOptions extends CallOptions {
  readonly oneWay: true;
}

/** The options of a call with an answer or without. */
export type AnyCallOptions = CallOptions & Partial<OneWayOptions>;
