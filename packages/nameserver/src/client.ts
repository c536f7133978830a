import { connectTo } from '@patchbay/grpc/client';
import { findInsecure, nameServerFailure, type NameServerMethods, nameServerObject } from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/session/client';

/** A name server's methods. */
export type Names = RemoteObject<NameServerMethods>;

/** How long a call of the registry may take, in milliseconds. */
const timeoutMs = 10_000;

/**
 * Calls the name server at an address for as long as `use` runs. @param insecure whether to dial plain TCP, as `connect`
 * of a client takes it @throws RpcError `NAMESERVER_UNAVAILABLE`, and as `findInsecure` does
 */
export async function withNameServer<T>(
  address: string,
  use: (names: Names) => Promise<T>,
  { insecure }: { readonly insecure?: boolean | undefined } = {},
): Promise<T> {
  findInsecure(insecure);
  await using client = connectTo(address, { timeoutMs });
  try {
    return await use(client.proxy<NameServerMethods>(nameServerObject));
  } catch (error) {
    throw nameServerFailure(error, address);
  }
}
