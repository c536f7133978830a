import { grpcTransportBy } from '@patchbay/grpc/client';
import { type CurrentIdentity, openCommandIdentity } from '@patchbay/grpc/secure';
import {
  findInsecure,
  findNameServer,
  nameServerFailure,
  type NameServerMethods,
  nameServerObject,
} from '@patchbay/objects';
import { connectOver, type RemoteObject, type Transport } from '@patchbay/session/client';

/** A name server's methods. */
export type Names = RemoteObject<NameServerMethods>;

/** How long a call of the registry may take, in milliseconds. */
const timeoutMs = 10_000;

/** How a name server is dialled, as `connect` of a client takes it. */
export interface DialOptions {
  /** Proves who calls, over TLS. Default: nobody. */
  readonly identity?: CurrentIdentity | undefined;
  /** Whether to dial plain TCP. Default: as `findInsecure`. */
  readonly insecure?: boolean | undefined;
}

/**
 * Finds the name server of a user, who proves there who has logged in.
 *
 * @param given its address. Default: as `findNameServer`
 * @throws RpcError as `findNameServer` and `openCommandIdentity` do
 */
export async function reachNameServer(
  given?: string,
  insecure?: boolean,
): Promise<DialOptions & { readonly address: string }> {
  const identity = await openCommandIdentity();
  const address = findNameServer(given, { loggedIn: identity?.current.nameServers[0] });
  return { address, identity, insecure };
}

/** Returns what dials a name server. @throws RpcError as `findInsecure` does */
export function nameServerTransport({ identity, insecure }: DialOptions): Transport {
  return grpcTransportBy(findInsecure(insecure) ? undefined : identity?.dialer);
}

/** Calls the name server at an address for as long as `use` runs. @throws RpcError `NAMESERVER_UNAVAILABLE`, and as `findInsecure` does */
export async function withNameServer<T>(
  address: string,
  use: (names: Names) => Promise<T>,
  options: DialOptions = {},
): Promise<T> {
  const transport = nameServerTransport(options);
  await using client = connectOver(transport, address, { timeoutMs, principal: 'nameserver' });
  try {
    return await use(client.proxy<NameServerMethods>(nameServerObject));
  } catch (error) {
    throw nameServerFailure(error, address);
  }
}
