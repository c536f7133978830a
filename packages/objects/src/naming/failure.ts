import { coreError } from '../errors/core-errors.js';
import { isRpcError } from '../errors/rpc-error.js';
import { quoted } from '../names.js';

/**
 * Gives what went wrong with a call of a name server as its caller shall read it: with the name server's address,
 * which the name server itself does not know. Any other error stays as it is.
 */
export function nameServerFailure(error: unknown, address: string): unknown {
  if (isRpcError(error, 'CONNECTION_LOST', 'SERVER_DRAINING', 'DEADLINE_PASSED')) {
    return coreError(
      'NAMESERVER_UNAVAILABLE',
      `no name server answers at ${address} (${error.message}); is it running?`,
      {
        details: { nameServer: address },
        cause: error,
      },
    );
  }
  if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
    const { name } = error.details;
    if (typeof name !== 'string') {
      // A registry says which name it does not have; a server that hosts no name server says so of that.
      return coreError(
        'NAMESERVER_UNAVAILABLE',
        `what answers at ${address} is no name server (${error.message})`,
        {
          details: { nameServer: address },
          cause: error,
        },
      );
    }
    return noSuchName({ ...error.details, name }, { address, cause: error });
  }
  return error;
}

/** Makes the error about a name that is not registered, with what may have been meant: versions of it, or a name near. */
export function noSuchName(
  details: { readonly name: string; readonly near?: unknown; readonly versions?: unknown },
  { address, cause }: { readonly address?: string; readonly cause?: unknown } = {},
): Error {
  const { name, near, versions } = details;
  let hint = '';
  if (Array.isArray(versions)) {
    hint = `; there ${versions.length === 1 ? 'is' : 'are'} ${versions.join(', ')}`;
  } else if (typeof near === 'string') {
    hint = `; did you mean ${quoted(near)}?`;
  }
  const where = address === undefined ? '' : ` at ${address}`;
  return coreError('OBJECT_NOT_FOUND', `no object ${quoted(name)} is registered${where}${hint}`, {
    details: { ...details },
    cause,
  });
}
