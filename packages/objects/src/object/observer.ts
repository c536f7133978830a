import type { CallMetadata } from '../call-metadata.js';
import type { Clock } from '../clock.js';
import type { RpcError } from '../errors/rpc-error.js';
import type { Access } from '../identity/access.js';
import type { Caller } from '../identity/caller.js';
import type { Log } from '../log.js';
import type { Subscription } from './subscription.js';

/** A call of a server, as an observer sees it when it is answered. */
export interface AnsweredCall {
  readonly object: string;
  readonly method: string;
  readonly callId: string;
  readonly correlationId: string;
  readonly caller: Caller;
  readonly metadata: CallMetadata;
  /** From its arrival to its answer, in milliseconds. */
  readonly durationMs: number;
  /** What its caller had to be; undefined if there is no such method, or the caller may not use it. */
  readonly access: Access | undefined;
  /** Returns its arguments with secrets masked; undefined if they were not read, as of a caller that may not call. */
  maskedArguments(): readonly unknown[] | undefined;
  /** Returns its result with secrets masked. */
  maskResult(result: unknown): unknown;
}

/** How a call was answered. */
export interface CallOutcome {
  /** Undefined for a result. */
  readonly error?: RpcError;
  readonly result?: unknown;
  /** About how many bytes the result has as it travels, where the transport counts them. */
  readonly bytes?: number | undefined;
}

/** Sees every call of a server once, whether it ran or was refused. It changes nothing: that is what interceptors do. */
export interface CallObserver {
  /** Called right after a call was answered. Must not throw, and should take microseconds. */
  answered(call: AnsweredCall, outcome: CallOutcome): void;
}

/** What a server's calls run with. */
export interface CallServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: CallObserver | undefined;
  /** The functions that their methods keep. */
  readonly subscribed: { add(call: AnsweredCall, subscription: Subscription): void };
}
