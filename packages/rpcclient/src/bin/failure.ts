import { nameServerAdvice } from '@patchbay/daemon';
import { isRpcError, RpcError, suggest } from '@patchbay/objects';

import type { CommandLine } from '../command/command-line.js';
import { verbNames } from '../command/verbs.js';

/** Adds to an error what a user of the command can do about it. */
export function withAdvice(error: unknown, { method = '' }: Pick<CommandLine, 'method'>): unknown {
  if (isRpcError(error, 'DEADLINE_PASSED')) {
    const [fact] = error.message.split(';'); // what follows is for programs
    return reworded(error, `${String(fact)}; --timeout sets another`);
  }
  const verb = isRpcError(error, 'METHOD_NOT_FOUND') ? suggest(method, verbNames) : undefined;
  return verb === undefined
    ? nameServerAdvice(error)
    : reworded(
        error as RpcError,
        `${(error as RpcError).message}; the command "rpcclient ${verb}" has a similar name`,
      );
}

function reworded(error: RpcError, message: string): RpcError {
  const { code, reason, details } = error;
  return new RpcError(code, reason, message, { details, cause: error });
}
