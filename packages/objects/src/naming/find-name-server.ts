import { accessSync, constants, existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { parseServerAddress } from '../address.js';
import { readClientFile } from './client-file.js';

// Every command that makes a call loads this: it must not import anything slow to load.

/** The environment variable with the name server's address. */
export const nameServerVariable = 'PATCHBAY_NAMESERVER';

/** The name server's address where no socket file of one can be opened. */
export const standardNameServer = '127.0.0.1:7440';

const fileName = 'client.yaml';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the name server's address: the given one, else that of the environment variable `PATCHBAY_NAMESERVER`, of the
 * user's `client.yaml`, of the machine's in `/etc/patchbay`, else a socket file that this process may open:
 * `patchbay/nameserver/socket` in `/run`, or in the user's `XDG_RUNTIME_DIR`, else 127.0.0.1:7440.
 * @throws RpcError `CONFIG_INVALID` if the first of these that exists is invalid
 */
export function findNameServer(
  given?: string,
  options: {
    readonly environment?: Environment;
    readonly systemDirectory?: string;
    readonly runDirectory?: string;
  } = {},
): string {
  const { environment = process.env, systemDirectory = '/etc/patchbay', runDirectory = '/run' } = options;
  const variable = environment[nameServerVariable];
  const address = given ?? (variable === '' ? undefined : variable);
  if (address !== undefined) {
    parseServerAddress(address);
    return address;
  }
  const user = userDirectory(environment);
  const ofUser = user === undefined ? undefined : readClientFile(join(user, fileName));
  return (
    ofUser ??
    readClientFile(join(systemDirectory, fileName)) ??
    socketIn(runDirectory) ??
    socketIn(environment.XDG_RUNTIME_DIR ?? '') ??
    standardNameServer
  );
}

/** Returns the address of the name server's socket file in a directory; undefined where this process may not open it. */
function socketIn(directory: string): string | undefined {
  const path = join(directory, 'patchbay/nameserver/socket');
  if (!isAbsolute(directory) || !existsSync(path)) {
    return undefined;
  }
  try {
    accessSync(path, constants.W_OK);
    return `unix:${path}`;
  } catch {
    return undefined;
  }
}

/** Returns the directory of the user's configuration; undefined without a home directory, as for some daemons. */
function userDirectory({
  XDG_CONFIG_HOME: configuration = '',
  HOME: home = '',
}: Environment): string | undefined {
  // The XDG base directory specification has relative paths ignored.
  if (isAbsolute(configuration)) {
    return join(configuration, 'patchbay');
  }
  return isAbsolute(home) ? join(home, '.config', 'patchbay') : undefined;
}
