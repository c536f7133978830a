import { apiKeyTransport, clientTransport } from '@patchbay/grpc/client';
import { type CurrentIdentity, openCommandIdentity } from '@patchbay/grpc/secure';
import {
  type ApiKey,
  findApiKey,
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
  /** Proves who calls in place of an identity. Default: none. */
  readonly apiKey?: ApiKey | undefined;
  /** Whether to dial plain TCP. Default: as `findInsecure`. */
  readonly insecure?: boolean | undefined;
}

/**
 * Finds the name server of a user, who proves there who has logged in, or whose API key it is.
 *
 * @param given its address. Default: as `findNameServer`
 * @throws RpcError as `findNameServer`, `findApiKey` and `openCommandIdentity` do
 */
export async function reachNameServer(
  given?: string,
  insecure?: boolean,
): Promise<DialOptions & { readonly address: string }> {
  const apiKey = findApiKey();
  const identity = apiKey === undefined ? await openCommandIdentity() : undefined;
  const address = findNameServer(given, { loggedIn: identity?.current.nameServers[0] });
  return { address, identity, apiKey, insecure };
}

/** Returns what dials a name server. @throws RpcError as `findInsecure` does */
export function nameServerTransport({ identity, apiKey, insecure }: DialOptions): Transport {
  const told = { insecure: findInsecure(insecure) };
  return apiKey === undefined ? clientTransport({ identity, ...told }) : apiKeyTransport(apiKey, told);
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
