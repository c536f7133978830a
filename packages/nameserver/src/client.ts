import { connectTo } from '@patchbay/grpc/client';
import { nameServerFailure, type NameServerMethods, nameServerObject } from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/session/client';

/** A name server's methods. */
export type Names = RemoteObject<NameServerMethods>;

/** How long a call of the registry may take, in milliseconds. */
const timeoutMs = 10_000;

/** Calls the name server at an address for as long as `use` runs. @throws RpcError `NAMESERVER_UNAVAILABLE` */
export async function withNameServer<T>(address: string, use: (names: Names) => Promise<T>): Promise<T> {
  await using client = connectTo(address, { timeoutMs });
  try {
    return await use(client.proxy<NameServerMethods>(nameServerObject));
  } catch (error) {
    throw nameServerFailure(error, address);
  }
}
