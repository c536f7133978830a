import type { IdentityObject } from '@patchbay/authority';
import {
  coreError,
  identityObjectName,
  isRpcError,
  nameServerFailure,
  type SignaturesOf,
} from '@patchbay/objects';
import { connectOver } from '@patchbay/session/client';
import { type Backup, writeBackupText } from '@patchbay/store';

import { type DialOptions, nameServerTransport } from './client.js';

/**
 * Writes a backup of the store of the name server at an address to a new file, for its owner alone.
 *
 * @throws RpcError `AUTHORITY_MISSING` where it has none: its registry needs no backup; `CALLER_REFUSED`,
 *   `NAMESERVER_UNAVAILABLE`, `BACKUP_DAMAGED` where the answer was cut off, `BACKUP_EXISTS`, `STORE_FAILED`
 */
export async function backUpNameServer(
  address: string,
  file: string,
  { signal, ...options }: DialOptions & { readonly signal: AbortSignal },
): Promise<Backup> {
  await using client = connectOver(nameServerTransport(options), address, { principal: 'nameserver' });
  const identity = client.proxy<SignaturesOf<IdentityObject>>(identityObjectName);
  const parts: string[] = [];
  try {
    for await (const part of identity.with({ signal, timeoutMs: 'none' }).backup()) {
      parts.push(part);
    }
  } catch (error) {
    if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
      const message = `the name server at ${address} has no authority: its registry needs no backup`;
      throw coreError('AUTHORITY_MISSING', message, { cause: error });
    }
    throw nameServerFailure(error, address);
  }
  return await writeBackupText(parts.join(''), file);
}
