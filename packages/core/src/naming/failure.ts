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
    const { name, near } = error.details;
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
    const hint = typeof near === 'string' ? `; did you mean ${quoted(near)}?` : '';
    return coreError('OBJECT_NOT_FOUND', `no object ${quoted(name)} is registered at ${address}${hint}`, {
      details: error.details,
      cause: error,
    });
  }
  return error;
}
