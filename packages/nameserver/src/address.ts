import { isIPv4, isIPv6 } from 'node:net';

import { quoted } from '@patchbay/objects';

import { nameServerError } from './errors.js';

const hostAndPort = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^[\]:]*)):(?<port>[1-9][0-9]{0,4})$/;
const hostName = /^(?=.{1,253}$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/;
/** A name that ends like this can only be meant as an IPv4 address. */
const numericEnd = /(?:^|\.)[0-9]+$/;
const anyAddress = new Set(['0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0']);

/**
 * Checks that an address is `HOST:PORT` as a client could dial it: a host name, an IPv4 address or an IPv6 address in
 * brackets, and a port from 1 to 65535. @throws RpcError `ADDRESS_INVALID`
 */
export function checkAddress(address: string): void {
  const { v6, host = '', port } = hostAndPort.exec(address)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) {
    throw invalid(address, 'give HOST:PORT, with a port from 1 to 65535');
  }
  if (anyAddress.has(v6 ?? host)) {
    throw invalid(address, 'no client can dial that; give the address that the server is reached at');
  }
  const good = v6 !== undefined ? isIPv6(v6) : numericEnd.test(host) ? isIPv4(host) : hostName.test(host);
  if (!good) {
    throw invalid(address, 'the host is no host name, IPv4 address or IPv6 address in brackets');
  }
}

function invalid(address: string, why: string): Error {
  return nameServerError('ADDRESS_INVALID', `address ${quoted(address)}: ${why}`, { details: { address } });
}
