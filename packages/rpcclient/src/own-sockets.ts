import { accessSync, constants, lstatSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

import {
  coreError,
  type Endpoint,
  machineId,
  type NameRecord,
  parseAddress,
  quoted,
} from '@patchbay/objects';

/** Who asks. Default: this process. */
export interface OwnOptions {
  /** Identifies its machine. */
  readonly machine?: string | undefined;
  /** Its effective user id. */
  readonly uid?: number | undefined;
}

/**
 * Returns a record with the endpoints that this process can dial, each with its socket file only where that is to be
 * dialled: on this machine, where nobody but root and this user may have put it there.
 *
 * @throws RpcError `ENDPOINT_LOCAL` if every endpoint is a socket file of another machine
 */
export function withOwnSockets(
  record: NameRecord,
  { machine = machineId(), uid = process.geteuid?.() }: OwnOptions = {},
): NameRecord {
  const isElsewhere = ({ address, machine: its }: Endpoint): boolean =>
    address.startsWith('unix:') && its !== undefined && its !== machine;
  const reachable = record.endpoints.filter((endpoint) => !isElsewhere(endpoint));
  const [first] = record.endpoints;
  if (reachable.length === 0 && first !== undefined) {
    const { name } = record;
    const { address, serverId } = first;
    throw coreError(
      'ENDPOINT_LOCAL',
      `${quoted(name)} is served at ${address}, a socket file of another machine, and can be called on that machine ` +
        `alone; let server ${quoted(serverId)} listen on HOST:PORT too`,
      { details: { name, address, serverId } },
    );
  }
  const endpoints = reachable.map(({ socket, ...endpoint }) =>
    socket !== undefined && endpoint.machine === machine && isTrusted(socket, uid)
      ? { ...endpoint, socket }
      : endpoint,
  );
  return { ...record, endpoints };
}

/** Reports whether a socket file may be dialled: nobody but root and this user could have made it. */
function isTrusted(socket: string, uid: number | undefined): boolean {
  const isOurs = (file: Stats): boolean => file.uid === 0 || file.uid === uid;
  try {
    const address = parseAddress(socket);
    if (!('path' in address)) {
      return false;
    }
    const folder = statSync(dirname(address.path));
    const file = lstatSync(address.path);
    accessSync(address.path, constants.W_OK);
    return file.isSocket() && isOurs(file) && isOurs(folder) && (folder.mode & 0o022) === 0;
  } catch {
    return false; // not there, or not for this user
  }
}
