import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

import {
  coreError,
  isLoopback,
  isWildcard,
  parseAddress,
  quoted,
  type RpcError,
  systemErrorText,
} from '@patchbay/objects';

/** A server that cannot be reached where a name server has it registered. */
export interface Unreachable {
  readonly object: string;
  /** As the server registered it. */
  readonly address: string;
  readonly serverId: string;
  readonly nameServer: string;
  /** Why the last attempt failed. */
  readonly error: RpcError;
}

/** Adds to the error of a connection who registered that address, where, and what is wrong with it. Never rejects. */
export async function explainUnreachable(server: Unreachable): Promise<RpcError> {
  const { object, address, serverId, nameServer, error } = server;
  const parsed = parseAddress(address);
  const isLocal = await isThisHost(nameServer);
  const hint = 'path' in parsed ? hintAboutSocket(isLocal) : hintAbout(parsed.host, error, isLocal);
  const message =
    `${error.message}; the name server at ${nameServer} has ${quoted(object)} registered by server ` +
    `${quoted(serverId)} as ${address}${hint}`;
  const details = { ...error.details, object, address, serverId, nameServer };
  return coreError('CONNECTION_LOST', message, { details, cause: error });
}

const remedy = 'set "advertise" of that server to an address that clients can reach';

/** Returns what is wrong with a socket file, as `hintAbout` does. */
function hintAboutSocket(isLocal: boolean): string {
  return isLocal
    ? '; is that server running?'
    : ', a socket file, which clients on its own machine alone can open; let that server listen on HOST:PORT too';
}

/**
 * Returns what is wrong with an address, as the end of a sentence about it.
 *
 * @param isLocal whether the name server runs on this host, so that its loopback is ours
 */
export function hintAbout(host: string, { message, details }: RpcError, isLocal: boolean): string {
  if (isWildcard(host)) {
    return `, which stands for every address of its host and is none to connect to; ${remedy}`;
  }
  if (isLoopback(host)) {
    return isLocal ? '; is that server running?' : `, which is the loopback of another host; ${remedy}`;
  }
  if (isIn(host, linkLocal)) {
    return `, which is a link-local address and means another host on each network; ${remedy}`;
  }
  if (tells(message, ['ENOTFOUND', 'EAI_AGAIN'])) {
    return `, a name that this host cannot resolve; ${remedy}`;
  }
  if (details.timedOut === true || tells(message, ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])) {
    const kind = isIn(host, privateNetworks) ? ', a private address, as of a container or another site' : '';
    return `${kind}; check that this host has a route to it which no firewall blocks, or ${remedy}`;
  }
  return '; is that server running, and is that its port?';
}

/** Reports whether a message tells of one of these errors of the system, in whose words it is. */
function tells(message: string, codes: readonly string[]): boolean {
  return codes.some((code) => message.includes(systemErrorText(new Error(code))));
}

type Network = readonly [address: string, prefix: number];
const linkLocal: readonly Network[] = [
  ['169.254.0.0', 16],
  ['fe80::', 10],
];
const privateNetworks: readonly Network[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
];

function isIn(host: string, networks: readonly Network[]): boolean {
  const list = new BlockList();
  for (const [address, prefix] of networks) {
    list.addSubnet(address, prefix, familyOf(address));
  }
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** Reports whether an address is one of this host's own. */
async function isThisHost(address: string): Promise<boolean> {
  const parsed = parseAddress(address);
  if ('path' in parsed) {
    return true;
  }
  const { host } = parsed;
  const own = Object.values(networkInterfaces()).flatMap((each = []) => each.map((entry) => entry.address));
  const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  return found.some((each) => isLoopback(each.address) || own.includes(each.address));
}
