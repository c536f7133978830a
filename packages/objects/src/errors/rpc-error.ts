import type { Code } from './code.js';

/** An error's details for programs, a JSON object. */
export type Details = Readonly<Record<string, unknown>>;

/** The optional parts of an error. */
export interface RpcErrorOptions {
  readonly details?: Details;
  /** Logged on the side where it happened, never sent. */
  readonly cause?: unknown;
  /** The id of the failed call, for finding it in both sides' logs. */
  readonly callId?: string | undefined;
  /** The server's stack; present only if the server is configured to send it. */
  readonly remoteStack?: string | undefined;
}

/** The same in every copy of this module in a process: an object's module may bring one of its own. */
const brand = Symbol.for('patchbay.RpcError');

/**
 * The one error class of Patchbay. Only errors of this class reach a remote caller with their message;
 * everything else becomes `INTERNAL` and a line in the server's log.
 */
export class RpcError extends Error {
  /** Recognizes the errors of every copy of this class by their brand. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  static {
    // On the prototype, so that a printed error shows neither.
    Object.defineProperty(this.prototype, brand, { value: true });
    Object.defineProperty(this.prototype, 'name', { value: 'RpcError', configurable: true, writable: true });
  }

  declare readonly name: 'RpcError';
  readonly code: Code;
  /** A machine-readable reason within the code, such as `IMAGE_HAS_CLONES`. */
  readonly reason: string;
  readonly details: Details;
  declare readonly callId: string | undefined;
  declare readonly remoteStack: string | undefined;

  constructor(code: Code, reason: string, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.reason = reason;
    this.details = options.details ?? {};
    // Left absent rather than undefined, so that a printed error does not show them.
    if (options.callId !== undefined) {
      this.callId = options.callId;
    }
    if (options.remoteStack !== undefined) {
      this.remoteStack = options.remoteStack;
    }
  }
}

/** Reports whether an error is an `RpcError`, of one of the given reasons where any are given. */
export function isRpcError(error: unknown, ...reasons: readonly string[]): error is RpcError {
  return error instanceof RpcError && (reasons.length === 0 || reasons.includes(error.reason));
}

/**
 * Returns a copy of an error whose stack ends with the frames of the async functions that await it, or the error itself
 * if there are none. Call it in a rejection handler between the failed promise and its awaiter: V8 knows the awaiter
 * there, and calls that succeed cost nothing.
 */
export function withAwaitingFrames(error: RpcError): RpcError {
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, withAwaitingFrames);
  const frames = (here.stack ?? '').split('\n').filter((line) => /^\s+at async /.test(line));
  if (frames.length === 0) {
    return error;
  }
  const copy = new RpcError(error.code, error.reason, error.message, error);
  copy.stack = [error.stack ?? `RpcError: ${error.message}`, ...frames].join('\n');
  return copy;
}
