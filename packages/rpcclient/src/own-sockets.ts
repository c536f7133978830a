import { accessSync, constants, lstatSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

import {
  coreError,
  type Endpoint,
  machineId,
  type NameRecord,
  parseAddress,
  quoted,
  type RpcError,
} from '@patchbay/objects';

/** The bits of a mode by which others than the owner may write, and by which they may remove only what is theirs. */
const othersWrite = 0o022;
const sticky = 0o1000;

/** Who asks. Default: this process. */
export interface OwnOptions {
  /** Identifies its machine. */
  readonly machine?: string | undefined;
  /** Its effective user id. */
  readonly uid?: number | undefined;
}

/**
 * Returns a record with the endpoints that this process can dial, each with its socket file only where that is to be
 * dialled: on this machine, where nobody but root and this user may have put it there. An address that is a socket file
 * is also dialled where the name server has it from a caller on its own socket file, on this machine.
 *
 * @throws RpcError `ENDPOINT_LOCAL` if every endpoint is a socket file of another machine, `ENDPOINT_UNTRUSTED` if
 *   those of this machine may be somebody else's
 */
export function withOwnSockets(
  record: NameRecord,
  { machine = machineId(), uid = process.geteuid?.() }: OwnOptions = {},
): NameRecord {
  const isElsewhere = ({ address, machine: its }: Endpoint): boolean =>
    address.startsWith('unix:') && its !== undefined && its !== machine;
  const isForeign = ({ address, machine: its, host, local }: Endpoint): boolean =>
    address.startsWith('unix:') &&
    !((host === 'local' || local === true) && its === machine) &&
    !isTrusted(address, uid);
  const here = record.endpoints.filter((endpoint) => !isElsewhere(endpoint));
  const reachable = here.filter((endpoint) => !isForeign(endpoint));
  const [first] = here.length === 0 ? record.endpoints : here;
  if (reachable.length === 0 && first !== undefined) {
    throw unreachable(record.name, first, here.length === 0);
  }
  const endpoints = reachable.map(({ socket, ...endpoint }) =>
    socket !== undefined && endpoint.machine === machine && isTrusted(socket, uid)
      ? { ...endpoint, socket }
      : endpoint,
  );
  return { ...record, endpoints };
}

function unreachable(name: string, { address, serverId }: Endpoint, isElsewhere: boolean): RpcError {
  const details = { name, address, serverId };
  return isElsewhere
    ? coreError(
        'ENDPOINT_LOCAL',
        `${quoted(name)} is served at ${address}, a socket file of another machine, and can be called on that ` +
          `machine alone; let server ${quoted(serverId)} listen on HOST:PORT too`,
        { details },
      )
    : coreError(
        'ENDPOINT_UNTRUSTED',
        `${quoted(name)} is registered at ${address}, which this user cannot open, or which is not for certain a ` +
          `socket of server ${quoted(serverId)}: it and its directory must belong to root or to this user, and ` +
          'nobody else may write to the directory',
        { details },
      );
}

/** Reports whether a socket file may be dialled: nobody but root and this user could have put it, or a link, there. */
function isTrusted(socket: string, uid: number | undefined): boolean {
  const isOurs = (file: Stats): boolean => file.uid === 0 || file.uid === uid;
  // Where others may write, they can rename what is ours too, unless the directory is sticky, as /tmp is.
  const isSafe = (file: Stats): boolean =>
    isOurs(file) && (file.isSymbolicLink() || (file.mode & othersWrite) === 0 || (file.mode & sticky) !== 0);
  try {
    const address = parseAddress(socket);
    if (!('path' in address)) {
      return false;
    }
    const { path } = address;
    const folder = statSync(dirname(path));
    const file = lstatSync(path);
    accessSync(path, constants.W_OK);
    const above = [path, realpathSync(path)].flatMap(directoriesAbove);
    return (
      file.isSocket() &&
      isOurs(file) &&
      isOurs(folder) &&
      (folder.mode & othersWrite) === 0 &&
      above.every((directory) => isSafe(lstatSync(directory)))
    );
  } catch {
    return false; // not there, or not for this user
  }
}

function directoriesAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...directoriesAbove(above)];
}
