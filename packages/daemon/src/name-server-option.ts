import {
  insecureVariable,
  isRpcError,
  nameServerVariable,
  RpcError,
  standardNameServer,
} from '@patchbay/objects';

/** The option of every command for the name server's address. */
export const nameServerOption = {
  type: 'string',
  placeholder: 'HOST:PORT',
  summary: 'The name server',
  defaultNote: `$${nameServerVariable}, else that of client.yaml, else its socket file, else ${standardNameServer}`,
} as const;

/** The option of every command that calls a server. */
export const insecureDialOption = {
  type: 'boolean',
  summary: `Dial plain TCP, which is neither encrypted nor authenticated (default: $${insecureVariable}, else as in client.yaml)`,
} as const;

/** The option of a daemon for plain TCP, to listen and to dial. */
export const insecureListenOption = {
  type: 'boolean',
  alternatives: ['network'],
  summary:
    'Use plain TCP, unencrypted, where every caller is an admin: on loopback, by --insecure=network on any address',
} as const;

/** Adds to the error of an unreachable name server how a user of a command sets its address. */
export function nameServerAdvice(error: unknown): unknown {
  if (!isRpcError(error, 'NAMESERVER_UNAVAILABLE')) {
    return error;
  }
  const message = `${error.message}${error.message.endsWith('?') ? '' : ';'} set --name-server or ${nameServerVariable} if it is elsewhere`;
  return new RpcError(error.code, error.reason, message, { details: error.details, cause: error });
}
