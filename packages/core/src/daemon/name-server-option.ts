import { parseAddress } from '../address.js';
import { isRpcError, RpcError } from '../errors/rpc-error.js';

/** The environment variable that says where the name server is. */
export const nameServerVariable = 'PATCHBAY_NAMESERVER';

const standardAddress = '127.0.0.1:7440';

/** The option by which every command is told where the name server is. */
export const nameServerOption = {
  type: 'string',
  describe: 'The name server, HOST:PORT',
  defaultDescription: `$${nameServerVariable}, else ${standardAddress}`,
} as const;

/** Gives the name server's address: the option's, else the environment's, else the standard one. @throws RpcError `CONFIG_INVALID` */
export function nameServerAddress(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const variable = environment[nameServerVariable];
  const address = option ?? (variable === '' ? undefined : variable) ?? standardAddress;
  parseAddress(address);
  return address;
}

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
