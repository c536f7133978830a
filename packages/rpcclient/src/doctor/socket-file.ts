import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { parseAddress, systemErrorText } from '@patchbay/objects';

/** What a socket file is like. */
export interface SocketReport {
  readonly seen: string;
  /** What is wrong with it, as what to do; undefined for nothing. */
  readonly todo?: string;
  /** Whether that is only that it is closed to this user. */
  readonly isClosed?: boolean;
}

const othersWrite = 0o022;

/**
 * Looks at a socket file: whose it and its directory are, their modes, and whether this user may open it.
 *
 * @param uid the effective user id
 */
export function lookAtSocket(address: string, uid = process.geteuid?.()): SocketReport {
  const peer = parseAddress(address);
  const path = 'path' in peer ? peer.path : '';
  const directory = dirname(path);
  let file: Stats;
  let folder: Stats;
  let above: Stats;
  try {
    [file, folder, above] = [lstatSync(path), statSync(directory), statSync(dirname(directory))];
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    return {
      seen: systemErrorText(error),
      todo: denied
        ? `let ${directory} be opened: become root, or a member of the group patchbay-admin, and log in again`
        : `start the server that listens on ${path}, or correct the path`,
      isClosed: denied,
    };
  }
  const seen = `${described(file)}, in a directory of ${described(folder)}`;
  const isOurs = (id: number): boolean => id === 0 || id === uid;
  // A service's own user is as good where root made room for its directory.
  const isService = folder.uid === file.uid && above.uid === 0 && (above.mode & othersWrite) === 0;
  if (!file.isSocket()) {
    return { seen, todo: `remove ${path}, which is no socket, and start the server anew` };
  }
  if ((folder.mode & othersWrite) !== 0) {
    return { seen, todo: `others may replace the socket: chmod go-w ${directory}` };
  }
  if (!(isOurs(file.uid) && isOurs(folder.uid)) && !isService) {
    const whose = `it belongs to the user ${String(file.uid)}, its directory to ${String(folder.uid)}`;
    return { seen, todo: `do not call it: ${whose}; let root or this user own both` };
  }
  try {
    accessSync(path, constants.W_OK);
  } catch {
    const todo = 'become root, or a member of the group patchbay-admin, and log in again';
    return { seen, todo, isClosed: true };
  }
  return { seen };
}

function described({ uid, gid, mode }: Stats): string {
  return `user ${String(uid)}, group ${String(gid)}, mode ${(mode & 0o777).toString(8)}`;
}
