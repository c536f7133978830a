import { isRpcError, nameServerVariable, RpcError, standardNameServer } from '@patchbay/objects';

/** The option of every command for the name server's address. */
export const nameServerOption = {
  type: 'string',
  placeholder: 'HOST:PORT',
  summary: 'The name server',
  defaultNote: `$${nameServerVariable}, else that of client.yaml, else its socket file, else ${standardNameServer}`,
} as const;

/** Adds to the error of an unreachable name server how a user of a command sets its address. */
export function nameServerAdvice(error: unknown): unknown {
  if (!isRpcError(error, 'NAMESERVER_UNAVAILABLE')) {
    return error;
  }
  const message = `${error.message}${error.message.endsWith('?') ? '' : ';'} set --name-server or ${nameServerVariable} if it is elsewhere`;
  return new RpcError(error.code, error.reason, message, { details: error.details, cause: error });
}
