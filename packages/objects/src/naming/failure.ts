import { coreError } from '../errors/core-errors.js';
import { isRpcError } from '../errors/rpc-error.js';
import { quoted } from '../names.js';

/**
 * Converts an error of a call to a name server for its caller: adds the name server's address, which the name server
 * itself does not know. Returns any other error as it is.
 */
export function nameServerFailure(error: unknown, address: string): unknown {
  const unavailable = (message: string): Error =>
    coreError('NAMESERVER_UNAVAILABLE', message, { details: { nameServer: address }, cause: error });
  if (isRpcError(error, 'CONNECTION_LOST', 'SERVER_DRAINING', 'DEADLINE_PASSED')) {
    // What is wrong with a socket file, its error says.
    const question = address.startsWith('unix:') ? '' : '; is it running?';
    return unavailable(`no name server answers at ${address} (${error.message})${question}`);
  }
  if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
    const { name } = error.details;
    if (typeof name !== 'string') {
      // A registry names what it did not find; the details of a server without a name server have no name.
      return unavailable(`the server at ${address} is not a name server (${error.message})`);
    }
    return noSuchName({ ...error.details, name }, { address, cause: error });
  }
  return error;
}

/** Creates the error for a name that is not registered; suggests its versions, or a similar name. */
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
