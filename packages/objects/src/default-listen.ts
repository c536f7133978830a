import { isAbsolute, join } from 'node:path';

import { type Listen, parseAddress } from './address.js';
import { directoryTrouble } from './directory-trouble.js';

/** Who asks where to listen. Default: this process. */
export interface DefaultListenOptions {
  /** Its effective user id. */
  readonly uid?: number | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The directory of the system's sockets. Default: `/run`. */
  readonly runDirectory?: string;
}

/**
 * Returns where a daemon listens by default, which is where clients look for a name server: `patchbay/DAEMON/socket` in
 * `/run` as root, else in the user's `XDG_RUNTIME_DIR`; a port of loopback where it can make neither.
 */
export function defaultListen(
  daemon: 'nameserver' | 'rpcserver',
  { uid = process.geteuid?.(), environment = process.env, runDirectory = '/run' }: DefaultListenOptions = {},
): string {
  const directory = uid === 0 ? runDirectory : (environment.XDG_RUNTIME_DIR ?? '');
  const folder = join(directory, 'patchbay', daemon);
  if (isAbsolute(directory) && directoryTrouble(folder) === undefined) {
    return `unix:${join(folder, 'socket')}`;
  }
  return daemon === 'nameserver' ? '127.0.0.1:7440' : '127.0.0.1:7441';
}

/**
 * Adds the daemon's own socket file to the addresses of TCP that it is told to listen on, where its service manager made
 * a directory for that (`RUNTIME_DIRECTORY`): it is the way in for those who have no identity and need none. It comes
 * first, so that it is there when the others are.
 */
export function withRuntimeSocket(
  listen: Listen,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Listen {
  const [directory = ''] = (environment.RUNTIME_DIRECTORY ?? '').split(':');
  const addresses = [listen].flat();
  return isAbsolute(directory) && addresses.every((each) => 'host' in parseAddress(each))
    ? [`unix:${join(directory, 'socket')}`, ...addresses]
    : listen;
}
