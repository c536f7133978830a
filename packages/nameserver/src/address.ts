import { type Address, type Endpoint, isWildcard, parseServerAddress, quoted } from '@patchbay/objects';

import { nameServerError } from './errors.js';

/** Checks that an address is one that clients could dial, a socket file on its machine. @throws RpcError `ADDRESS_INVALID` */
export function checkAddress(address: string): void {
  const parsed = parsedAddress(address);
  if ('host' in parsed && isWildcard(parsed.host)) {
    throw invalid(
      address,
      `address ${quoted(address)}: no client can dial that; give the address that the server is reached at`,
    );
  }
}

/** Checks what a server registers for clients on its machine. @throws RpcError `ADDRESS_INVALID` */
export function checkSocket({ socket, machine }: Pick<Endpoint, 'socket' | 'machine'>): void {
  if (socket !== undefined && !('path' in parsedAddress(socket))) {
    throw invalid(socket, `socket ${quoted(socket)}: must be a socket file, unix:/path`);
  }
  if (machine !== undefined && !/^[0-9a-f]{1,64}$/.test(machine)) {
    throw invalid(machine, `machine ${quoted(machine)}: must be hexadecimal digits, at most 64`);
  }
}

function parsedAddress(address: string): Address {
  try {
    return parseServerAddress(address);
  } catch (error) {
    throw invalid(address, (error as Error).message);
  }
}

function invalid(address: string, message: string): Error {
  return nameServerError('ADDRESS_INVALID', message, { details: { address } });
}
