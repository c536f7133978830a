import type { Code } from './code.js';
import { isRpcError } from './rpc-error.js';

/** The exit status of a command whose call failed with a code, as in docs/reference/errors.md. */
export const exitStatusOfCode: Readonly<Record<Code, number>> = {
  INTERNAL: 1,
  UNKNOWN: 1,
  DATA_LOSS: 1,
  INVALID_ARGUMENT: 2,
  OUT_OF_RANGE: 2,
  UNIMPLEMENTED: 2,
  NOT_FOUND: 3,
  ALREADY_EXISTS: 4,
  FAILED_PRECONDITION: 5,
  ABORTED: 5,
  PERMISSION_DENIED: 6,
  UNAUTHENTICATED: 6,
  RESOURCE_EXHAUSTED: 7,
  UNAVAILABLE: 8,
  DEADLINE_EXCEEDED: 9,
  // As a shell reports a program that SIGINT terminated.
  CANCELLED: 130,
};

/** Returns the exit status of a command that fails with an error; 1 if the error has no code. */
export function exitStatusOf(error: unknown): number {
  return isRpcError(error) ? exitStatusOfCode[error.code] : exitStatusOfCode.INTERNAL;
}
