import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';

import { formatAddress, type Listen, parseListen, type TcpAddress } from './address.js';
import { listenFailed } from './listen-failed.js';
import { checkSocketFile } from './socket-file.js';

/**
 * Binds an address and releases it at once. Returns the system's error if that fails, undefined if it does not. With
 * `ipv6Only` an IPv6 wildcard leaves the IPv4 addresses to others.
 */
export async function bindFailure(
  { host, port }: TcpAddress,
  { ipv6Only = false }: { readonly ipv6Only?: boolean } = {},
): Promise<NodeJS.ErrnoException | undefined> {
  const probe = createServer();
  try {
    await once(probe.listen({ host, port, ipv6Only: ipv6Only && isIPv6(host) }), 'listening');
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  await new Promise((closed) => probe.close(closed));
  return undefined;
}

/**
 * Checks that a server can listen, before costly work is begun for it: addresses are bound and released, socket files
 * are not. With `anyPort` it may be listening already: of an address the host alone is checked.
 *
 * @throws RpcError `CONFIG_INVALID`, `LISTEN_FAILED`
 */
export async function checkListenAddress(
  listen: Listen,
  { anyPort = false }: { readonly anyPort?: boolean } = {},
): Promise<void> {
  for (const address of parseListen(listen)) {
    if ('path' in address) {
      await checkSocketFile(address.path, { mayBeInUse: anyPort });
      continue;
    }
    const { host, port } = address;
    const failure = await bindFailure({ host, port: anyPort ? 0 : port });
    if (failure !== undefined) {
      throw listenFailed(formatAddress(address), failure);
    }
  }
}
