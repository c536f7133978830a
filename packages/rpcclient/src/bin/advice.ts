import { nameServerAdvice } from '@patchbay/daemon';
import { formatDuration, isRpcError, RpcError } from '@patchbay/objects';

/** Adds to a call's error what a user of the command can do about it. */
export function withAdvice(error: unknown, timeoutMs: number | 'none'): unknown {
  if (isRpcError(error, 'DEADLINE_PASSED') && timeoutMs !== 'none') {
    const limit = formatDuration(timeoutMs);
    return new RpcError(
      error.code,
      error.reason,
      `${error.message}: its limit was ${limit}; --timeout sets another`,
      {
        details: error.details,
        cause: error,
      },
    );
  }
  return nameServerAdvice(error);
}
