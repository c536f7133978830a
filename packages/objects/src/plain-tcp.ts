import { type Address, formatAddress, isLocal, parseAddress } from './address.js';
import { coreError } from './errors/core-errors.js';
import type { Log } from './log.js';
import { quoted } from './names.js';

/**
 * Whether a server may listen on plain TCP, on which nothing is encrypted and every caller is an admin: `true` on
 * loopback, `'network'` on any address.
 */
export type Insecure = boolean | 'network';

/** Refuses a listen address of plain TCP that the operator did not ask for. @throws RpcError `CONFIG_INVALID`, with the alternatives */
export function checkPlainListen(
  address: Address,
  { insecure = false }: { readonly insecure?: Insecure },
): void {
  if ('path' in address || insecure === 'network' || (insecure && isLocal(address))) {
    return;
  }
  const listen = `listen address ${quoted(formatAddress(address))}`;
  const otherwise =
    'listen on a socket file (unix:/path), or give the server an identity, so that TCP is TLS';
  if (isLocal(address)) {
    throw coreError(
      'CONFIG_INVALID',
      `${listen} is plain TCP, where every user of this machine is an admin, and nothing is encrypted; ${otherwise}, ` +
        'or say that you want that: --insecure, in a configuration or a program insecure: true',
    );
  }
  const remedy = insecure
    ? '--insecure allows loopback alone; give --insecure=network'
    : `${otherwise}, or give --insecure=network`;
  throw coreError(
    'CONFIG_INVALID',
    `${listen} can be reached from other machines, and calls over plain TCP are neither encrypted nor authenticated; ` +
      `${remedy} (in a configuration insecure: network, in a program insecure: 'network') on a network where you trust everybody`,
  );
}

/** Refuses the address of a name server that could only be dialled by plain TCP. @throws RpcError `CONFIG_INVALID`, with the alternatives */
export function checkPlainDial(
  nameServer: string,
  { insecure = false }: { readonly insecure?: Insecure },
): void {
  if (insecure === false && 'host' in parseAddress(nameServer)) {
    throw coreError(
      'CONFIG_INVALID',
      `the name server ${quoted(nameServer)} is reached by TCP, and this server has no identity to prove there; run ` +
        `"rpcserver join ${nameServer} --token -" (in a program, give it an identity), or, where that is plain TCP, ` +
        'say so: --insecure, in a configuration or a program insecure: true',
    );
  }
}

/** Warns of the addresses of plain TCP that a server listens on, if there are any. */
export function warnOfPlainTcp(addresses: readonly string[], log: Log): void {
  const plain = addresses.filter((address) => 'host' in parseAddress(address));
  if (plain.length > 0) {
    log.warn('insecure: everybody who can connect by TCP is an admin, and nothing is encrypted', {
      addresses: plain,
    });
  }
}
