import { nameServerAdvice } from '@patchbay/daemon';
import { formatDuration, isRpcError, RpcError } from '@patchbay/objects';
import { errorLine } from '@patchbay/terminal';

/** Adds to an error what a user of the command can do about it. */
export function withAdvice(error: unknown, timeoutMs: number | 'none'): unknown {
  if (isRpcError(error, 'DEADLINE_PASSED') && timeoutMs !== 'none') {
    const message = `${error.message}: its limit was ${formatDuration(timeoutMs)}; --timeout sets another`;
    return new RpcError(error.code, error.reason, message, { details: error.details, cause: error });
  }
  return nameServerAdvice(error);
}

/** Returns what is printed on standard error for an error. */
export function failureText(error: unknown): string {
  return `${errorLine(error)}\n`;
}
