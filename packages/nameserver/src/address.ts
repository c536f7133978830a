import { isWildcard, parseServerAddress, quoted } from '@patchbay/objects';

import { nameServerError } from './errors.js';

/** Checks that an address is `host:port` as other machines could dial it. @throws RpcError `ADDRESS_INVALID` */
export function checkAddress(address: string): void {
  if (isWildcard(hostOf(address))) {
    throw invalid(
      address,
      `address ${quoted(address)}: no client can dial that; give the address that the server is reached at`,
    );
  }
}

function hostOf(address: string): string {
  try {
    return parseServerAddress(address).host;
  } catch (error) {
    throw invalid(address, (error as Error).message);
  }
}

function invalid(address: string, message: string): Error {
  return nameServerError('ADDRESS_INVALID', message, { details: { address } });
}
