import { nameServerAdvice } from '@patchbay/daemon';
import { formatDuration, isRpcError, RpcError, suggest } from '@patchbay/objects';

import type { CommandLine } from '../command/command-line.js';
import { verbNames } from '../command/verbs.js';

/** Adds to an error what a user of the command can do about it. */
export function withAdvice(
  error: unknown,
  { method = '' }: Pick<CommandLine, 'method'>,
  timeoutMs: number | 'none',
): unknown {
  if (isRpcError(error, 'DEADLINE_PASSED') && timeoutMs !== 'none') {
    return extended(error, `: its limit was ${formatDuration(timeoutMs)}; --timeout sets another`);
  }
  const verb = isRpcError(error, 'METHOD_NOT_FOUND') ? suggest(method, verbNames) : undefined;
  return verb === undefined
    ? nameServerAdvice(error)
    : extended(error as RpcError, `; the command "rpcclient ${verb}" has a similar name`);
}

function extended(error: RpcError, more: string): RpcError {
  const { code, reason, message, details } = error;
  return new RpcError(code, reason, message + more, { details, cause: error });
}
