import { isAbsolute, join } from 'node:path';

import { parseAddress } from '../address.js';
import { readClientFile } from './client-file.js';

// A command that only makes a call goes through here: nothing that takes long to load may be imported.

/** The environment variable that says where the name server is. */
export const nameServerVariable = 'PATCHBAY_NAMESERVER';

/** Where the name server is when nobody says otherwise. */
export const standardNameServer = '127.0.0.1:7440';

const fileName = 'client.yaml';

/** Where to look for the name server's address. */
export interface FindOptions {
  /** Default: this process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The directory of the whole machine's file. Default: `/etc/patchbay`. */
  readonly systemDirectory?: string;
}

/**
 * Finds the name server's address: the one that was given, else that of the environment variable
 * `PATCHBAY_NAMESERVER`, else that of the user's `client.yaml`, else that of the machine's in `/etc/patchbay`, else
 * 127.0.0.1:7440. @throws RpcError `CONFIG_INVALID` where the first of these that is there is wrong
 */
export function findNameServer(given?: string, options: FindOptions = {}): string {
  const { environment = process.env, systemDirectory = '/etc/patchbay' } = options;
  const variable = environment[nameServerVariable];
  const said = given ?? (variable === '' ? undefined : variable);
  if (said !== undefined) {
    parseAddress(said);
    return said;
  }
  for (const directory of [userDirectory(environment), systemDirectory]) {
    const nameServer = directory === undefined ? undefined : readClientFile(join(directory, fileName));
    if (nameServer !== undefined) {
      return nameServer;
    }
  }
  return standardNameServer;
}

/** Gives the directory of the user's own configuration; none where there is no home, as for some daemons. */
function userDirectory({
  XDG_CONFIG_HOME: configuration = '',
  HOME: home = '',
}: Readonly<Record<string, string | undefined>>): string | undefined {
  // The XDG base directory specification leaves relative paths out.
  if (isAbsolute(configuration)) {
    return join(configuration, 'patchbay');
  }
  return isAbsolute(home) ? join(home, '.config', 'patchbay') : undefined;
}
