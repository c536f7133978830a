import { BlockList, isIP, isIPv6 } from 'node:net';

import { coreError } from './errors/core-errors.js';
import { quoted } from './names.js';

/** A host name or IP address, without brackets, and a TCP port; with port 0 the system chooses one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const hostLabels = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/;

/** Parses `host:port`, an IPv6 address in brackets: `[::1]:7440`. @throws RpcError `CONFIG_INVALID` */
export function parseAddress(text: string): Address {
  const parts = /^(?:\[(?<ipv6>[^\]]*)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text)?.groups;
  const host = parts?.ipv6 ?? parts?.host ?? '';
  const port = Number(parts?.port);
  const isHost = parts?.ipv6 === undefined ? isHostOrIPv4(host) : isIPv6(host);
  if (parts === undefined || !isHost || port > 65_535) {
    const why = 'must be host:port, such as 127.0.0.1:7440 or [::1]:7440';
    throw coreError('CONFIG_INVALID', `address ${quoted(text)}: ${why}`);
  }
  return { host, port };
}

/** Formats an address as `host:port`, with IPv6 addresses in brackets. */
export function formatAddress({ host, port }: Address): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${String(port)}`;
}

/** Reports whether a host is the loopback interface: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) {
    return host.toLowerCase() === 'localhost';
  }
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

/**
 * Refuses a listen address that other machines can reach, as nothing is encrypted and no caller authenticated yet,
 * unless the operator insists. @throws RpcError `CONFIG_INVALID`
 */
export function requireLoopback(address: Address, options: { readonly insecure: boolean }): void {
  if (!options.insecure && !isLoopback(address.host)) {
    throw coreError(
      'CONFIG_INVALID',
      `listen address ${quoted(formatAddress(address))} can be reached from other machines, and calls are neither ` +
        `encrypted nor authenticated; listen on 127.0.0.1 or [::1], or give --insecure on a network you trust`,
    );
  }
}

/** If the last label is numeric, only an IPv4 address is valid: `1.2.3.400` is not a host name. */
function isHostOrIPv4(host: string): boolean {
  const looksNumeric = /(?:^|\.)\d+$/.test(host);
  return looksNumeric ? isIP(host) === 4 : host.length <= 253 && hostLabels.test(host);
}
