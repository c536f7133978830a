import { BlockList, isIP, isIPv6 } from 'node:net';

import { coreError } from './errors/core-errors.js';
import { quoted } from './names.js';

/** A host name or IP address, without brackets, and a TCP port; with port 0 the system chooses one. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** A socket file of this machine, by its absolute path. */
export interface SocketAddress {
  readonly path: string;
}

/** Where a server listens, as `connect` and `listen` of node:net take it. */
export type Address = TcpAddress | SocketAddress;

/** Where a server listens, as text: an address, or several. */
export type Listen = string | readonly string[];

/** The longest path of a socket file, in bytes: `sun_path` without its last byte, a zero. */
const maxSocketPathBytes = 107;

const hostLabels = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/;

/**
 * Parses `host:port`, an IPv6 address in brackets: `[::1]:7440`, or a socket file: `unix:/run/patchbay/nameserver/socket`,
 * also as `unix:///run/...`. @throws RpcError `CONFIG_INVALID`, with what was probably meant, `SOCKET_PATH_TOO_LONG`
 */
export function parseAddress(text: string): Address {
  return /^(?:unix:|[./])/.test(text) ? parseSocketAddress(text) : parseTcpAddress(text);
}

/** Parses `host:port`, as `parseAddress` does. @throws RpcError `CONFIG_INVALID`, with what was probably meant */
export function parseTcpAddress(text: string): TcpAddress {
  const address = split(text);
  if (address === undefined) {
    const example = likelyAddress(text) ?? '127.0.0.1:7440 or [::1]:7440';
    throw coreError('CONFIG_INVALID', `address ${quoted(text)}: must be host:port, such as ${example}`);
  }
  return address;
}

/** Parses where a server is to listen. @throws RpcError as `parseAddress`, `CONFIG_INVALID` for an empty list */
export function parseListen(listen: Listen): readonly Address[] {
  const addresses = [listen].flat().map(parseAddress);
  if (addresses.length === 0) {
    throw coreError('CONFIG_INVALID', 'listen: the list is empty; give an address');
  }
  return addresses;
}

/** Parses the address of a server to connect to: as `parseAddress`, and port 0 is none. @throws RpcError `CONFIG_INVALID` */
export function parseServerAddress(text: string): Address {
  const address = parseAddress(text);
  if ('port' in address && address.port === 0) {
    throw coreError(
      'CONFIG_INVALID',
      `address ${quoted(text)}: must be host:port with the port of a server, not 0`,
    );
  }
  return address;
}

/** Formats an address as `host:port`, with IPv6 addresses in brackets, or as `unix:/path`. */
export function formatAddress(address: Address): string {
  if ('path' in address) {
    return `unix:${address.path}`;
  }
  const { host, port } = address;
  return `${isIPv6(host) ? `[${host}]` : host}:${String(port)}`;
}

/** Reports whether only this machine can dial an address: a socket file, or one of the loopback interface. */
export function isLocal(address: Address): boolean {
  return 'path' in address || isLoopback(address.host);
}

/** Reports whether a host is the loopback interface: `localhost`, 127.0.0.0/8 or ::1. */
export function isLoopback(host: string): boolean {
  return isIP(host) === 4
    ? host.startsWith('127.') // much faster than a BlockList, and every registration asks
    : host.toLowerCase() === 'localhost' || isWithin(host, ['127.0.0.0', 8], ['::1', 128]);
}

/** Reports whether a host stands for every address of a machine, 0.0.0.0 or ::, which no other machine can dial. */
export function isWildcard(host: string): boolean {
  return isIP(host) === 4 ? host === '0.0.0.0' : isWithin(host, ['0.0.0.0', 32], ['::', 128]);
}

/** Reports whether a host is an IPv6 address of a network, in any of its many spellings, also as IPv4 within IPv6. */
function isWithin(host: string, ipv4: readonly [string, number], ipv6: readonly [string, number]): boolean {
  if (!isIPv6(host)) {
    return false;
  }
  const networks = new BlockList();
  networks.addSubnet(...ipv4, 'ipv4');
  networks.addSubnet(...ipv6, 'ipv6');
  return networks.check(host, 'ipv6');
}

function parseSocketAddress(text: string): SocketAddress {
  // gRPC's spellings: unix:/path, and as a URI without an authority.
  const path = text.replace(/^unix:(?:\/\/(?=\/))?/, '');
  if (!text.startsWith('unix:') || !/^\/(?!\/)[^\p{Cc}]*[^/\p{Cc}]$/u.test(path)) {
    const example = /^\/[\w./-]*\w$/.test(text) ? text : '/run/patchbay/nameserver/socket';
    throw coreError(
      'CONFIG_INVALID',
      `address ${quoted(text)}: must be host:port, or unix: and the absolute path of a socket file, such as unix:${example}`,
    );
  }
  const bytes = Buffer.byteLength(path);
  if (bytes > maxSocketPathBytes) {
    throw coreError(
      'SOCKET_PATH_TOO_LONG',
      `address ${quoted(text)}: the path has ${String(bytes)} bytes, and the system allows a socket file ` +
        `${String(maxSocketPathBytes)}; choose a shorter one`,
    );
  }
  return { path };
}

function split(text: string): TcpAddress | undefined {
  const parts = /^(?:\[(?<ipv6>[^\]]*)\]|(?<host>[^:[\]]*)):(?<port>0|[1-9]\d{0,4})$/.exec(text)?.groups;
  const host = parts?.ipv6 ?? parts?.host ?? '';
  const port = Number(parts?.port);
  const isHost = parts?.ipv6 === undefined ? isHostOrIPv4(host) : isIPv6(host);
  return parts !== undefined && isHost && port <= 65_535 ? { host, port } : undefined;
}

/** Returns the address that a wrong one probably means: a URL, a lone host or port, IPv6 without brackets. */
function likelyAddress(text: string): string | undefined {
  const bare = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/+/i, '')
    .replace(/[/?#].*$/s, '');
  const [, head = '', tail = ''] = /^(?:(.*):)?(\d*)$/s.exec(bare) ?? [bare, bare];
  // Four digits or more behind an IPv6 address are its port.
  const isWhole = isIPv6(bare) && !(isIPv6(head) && tail.length > 3);
  const host = (isWhole ? bare : head).replace(/^\[(.*)\]$/, '$1');
  const port = isWhole || Number(tail) > 65_535 ? 0 : Number(tail);
  const likely = formatAddress({ host: host === '' ? '127.0.0.1' : host, port: port === 0 ? 7440 : port });
  return split(likely) && likely;
}

/** If the last label is numeric, only an IPv4 address is valid: `1.2.3.400` is not a host name. */
function isHostOrIPv4(host: string): boolean {
  const looksNumeric = /(?:^|\.)\d+$/.test(host);
  return looksNumeric ? isIP(host) === 4 : host.length <= 253 && hostLabels.test(host);
}
