import {
  identityObjectName,
  type IdentityMethods,
  type IdentityStatus,
  nameServerFailure,
} from '@patchbay/objects';
import { connectOver, type RemoteObject, type Transport } from '@patchbay/session/client';

/** How long a call of the authority may take, in milliseconds. */
const timeoutMs = 10_000;

/** The authority of a name server, for as long as it is asked on one connection. */
export interface AskedAuthority {
  readonly methods: RemoteObject<IdentityMethods>;
  /** With a challenge that is good on this connection. */
  readonly status: IdentityStatus;
}

/** Asks the authority of the name server at an address. @throws RpcError `NAMESERVER_UNAVAILABLE`, and what `use` throws */
export async function withAuthority<T>(
  transport: Transport,
  address: string,
  use: (authority: AskedAuthority) => Promise<T>,
): Promise<T> {
  await using client = connectOver(transport, address, { timeoutMs, principal: 'nameserver' });
  const methods = client.proxy<IdentityMethods>(identityObjectName);
  try {
    return await use({ methods, status: await methods.status() });
  } catch (error) {
    throw nameServerFailure(error, address);
  }
}
