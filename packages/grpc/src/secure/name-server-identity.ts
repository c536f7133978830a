import {
  coreError,
  identityObjectName,
  type IdentityMethods,
  type IdentityStatus,
  isRpcError,
  nameServerFailure,
} from '@patchbay/objects';
import { connectOver, type RemoteObject, type Transport } from '@patchbay/session/client';

/** How long a call of the authority may take, in milliseconds. */
const defaultTimeoutMs = 10_000;

/** The authority of a name server, for as long as it is asked on one connection. */
export interface AskedAuthority {
  readonly methods: RemoteObject<IdentityMethods>;
  /** With a challenge that is good on this connection. */
  readonly status: IdentityStatus;
}

/**
 * Asks the authority of the name server at an address.
 *
 * @throws RpcError `NAMESERVER_UNAVAILABLE`, `AUTHORITY_MISSING`, and what `use` throws
 */
export async function withAuthority<T>(
  transport: Transport,
  address: string,
  use: (authority: AskedAuthority) => Promise<T>,
  timeoutMs = defaultTimeoutMs,
): Promise<T> {
  await using client = connectOver(transport, address, { timeoutMs, principal: 'nameserver' });
  const methods = client.proxy<IdentityMethods>(identityObjectName);
  try {
    return await use({ methods, status: await methods.status() });
  } catch (error) {
    if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
      const message = `the name server at ${address} has no authority: it was started with --insecure, or is of an earlier version`;
      throw coreError('AUTHORITY_MISSING', message, { cause: error });
    }
    throw nameServerFailure(error, address);
  }
}
