import { type Address, formatAddress, isLocal, parseAddress } from './address.js';
import { coreError } from './errors/core-errors.js';
import type { Log } from './log.js';
import { quoted } from './names.js';

/**
 * Whether a server may listen on plain TCP, on which nothing is encrypted and every caller is an admin: `true` on
 * loopback, `'network'` on any address.
 */
export type Insecure = boolean | 'network';

/**
 * Refuses a listen address of plain TCP that is more open than the operator asked for. A socket file is always fine.
 * @throws RpcError `CONFIG_INVALID`, with the alternatives
 */
export function checkPlainListen(
  address: Address,
  { insecure = false }: { readonly insecure?: Insecure },
): void {
  if (isLocal(address) || insecure === 'network') {
    return;
  }
  const remedy = insecure
    ? '--insecure allows loopback alone; give --insecure=network'
    : 'listen on a socket file (unix:/path) or on loopback, or give --insecure=network';
  throw coreError(
    'CONFIG_INVALID',
    `listen address ${quoted(formatAddress(address))} can be reached from other machines, and calls over plain TCP ` +
      `are neither encrypted nor authenticated; ${remedy} (in a configuration insecure: network, in a program ` +
      "insecure: 'network') on a network where you trust everybody",
  );
}

/** Warns of the addresses of plain TCP that a server listens on, if there are any, and of what lets it. */
export function warnOfPlainTcp(addresses: readonly string[], insecure: Insecure, log: Log): void {
  const plain = addresses.filter((address) => 'host' in parseAddress(address));
  if (plain.length > 0) {
    log.warn(
      insecure === false
        ? 'plain TCP without insecure: everybody who can connect by TCP is an admin, and nothing is encrypted'
        : 'insecure: everybody who can connect by TCP is an admin, and nothing is encrypted',
      { addresses: plain },
    );
  }
}
