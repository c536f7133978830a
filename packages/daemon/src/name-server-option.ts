import { isRpcError, nameServerVariable, RpcError, standardNameServer } from '@patchbay/objects';

/** The option by which every command is told where the name server is. */
export const nameServerOption = {
  type: 'string',
  describe: 'The name server, HOST:PORT',
  defaultDescription: `$${nameServerVariable}, else that of client.yaml, else ${standardNameServer}`,
} as const;

/** Adds to the error of a name server that cannot be reached how a user of a command sets its address. */
export function nameServerAdvice(error: unknown): unknown {
  return isRpcError(error, 'NAMESERVER_UNAVAILABLE')
    ? new RpcError(
        error.code,
        error.reason,
        `${error.message} set --name-server or ${nameServerVariable} if it is elsewhere`,
        { details: error.details, cause: error },
      )
    : error;
}
