import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { parseServerAddress } from '../address.js';
import { coreError } from '../errors/core-errors.js';
import { quoted } from '../names.js';
import type { TlsFiles } from '../identity/certificate-files.js';
import { type ClientFile, readClientFile } from './client-file.js';

// Every command that makes a call loads this: it must not import anything slow to load.

/** The environment variable with the name server's address. */
export const nameServerVariable = 'PATCHBAY_NAMESERVER';

/** The environment variable that says whether to dial plain TCP: `1` or `0`. */
export const insecureVariable = 'PATCHBAY_INSECURE';

/** The name server's address where no socket file of one can be opened. */
export const standardNameServer = '127.0.0.1:7440';

const fileName = 'client.yaml';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where settings of clients are looked for. Default: those of this process and machine. */
export interface FindOptions {
  readonly environment?: Environment;
  readonly systemDirectory?: string;
  readonly runDirectory?: string;
  /** The name server of the identity that the user logged in with, if that is so. */
  readonly loggedIn?: string | undefined;
  /** The effective user id. */
  readonly uid?: number | undefined;
  /** The address where nothing names one, and no socket file can be opened. Default: 127.0.0.1:7440. */
  readonly otherwise?: string;
}

/**
 * Finds the name server's address: the given one, else that of the environment variable `PATCHBAY_NAMESERVER`, of the
 * user's `client.yaml`, of the machine's in `/etc/patchbay`, else that where the user logged in, else a socket file that this process may open:
 * `patchbay/nameserver/socket` in `/run`, or in the user's `XDG_RUNTIME_DIR`, else 127.0.0.1:7440.
 * @throws RpcError `CONFIG_INVALID` if the first of these that exists is invalid
 */
export function findNameServer(given?: string, options: FindOptions = {}): string {
  const variable = (options.environment ?? process.env)[nameServerVariable];
  const address = given ?? (variable === '' ? undefined : variable);
  if (address !== undefined) {
    parseServerAddress(address);
    return address;
  }
  return (
    inClientFiles('nameServer', options) ??
    options.loggedIn ??
    nameServerSocket(options) ??
    options.otherwise ??
    standardNameServer
  );
}

/**
 * Returns the address of the socket file of this machine's name server, or of the user's; undefined where this process
 * may open neither. Nobody but root and the user could have put it there.
 */
export function nameServerSocket({
  environment = process.env,
  runDirectory = '/run',
  uid = process.geteuid?.(),
}: FindOptions = {}): string | undefined {
  // The variable may be that of the user whom root was: such a user's name server is none for root.
  const isOwn = (owner: number): boolean => owner === 0 || owner === uid;
  return socketIn(runDirectory) ?? socketIn(environment.XDG_RUNTIME_DIR ?? '', isOwn);
}

/**
 * Reports whether a client is told to dial plain TCP: by what is given, else by the environment variable
 * `PATCHBAY_INSECURE`, by the user's `client.yaml` or the machine's, else not.
 * @throws RpcError `CONFIG_INVALID` if the first of these that exists is invalid
 */
export function findInsecure(given?: boolean, options: FindOptions = {}): boolean {
  const { environment = process.env } = options;
  const variable = environment[insecureVariable] ?? '';
  if (given !== undefined) {
    return given;
  }
  if (variable === '') {
    return inClientFiles('insecure', options) ?? false;
  }
  if (variable !== '1' && variable !== '0') {
    throw coreError('CONFIG_INVALID', `${insecureVariable}: must be 1 or 0, not ${quoted(variable)}`);
  }
  return variable === '1';
}

/**
 * Finds the files of a PKI of one's own by which a client proves who calls: those that are given, else of the user's
 * `client.yaml`, else of the machine's; undefined where none are named.
 * @throws RpcError `CONFIG_INVALID` unless all three are named
 */
export function findTls(given: Partial<TlsFiles> = {}, options: FindOptions = {}): TlsFiles | undefined {
  const named = { ...inClientFiles('tls', options), ...given };
  const { certificate, key, roots } = named;
  if (Object.keys(named).length === 0) {
    return undefined;
  }
  if (certificate === undefined || key === undefined || roots === undefined) {
    const message =
      'a PKI of your own takes three files: tls.certificate, tls.key and tls.roots of client.yaml, or --tls-cert, --tls-key and --tls-roots';
    throw coreError('CONFIG_INVALID', message);
  }
  return { certificate, key, roots };
}

/** Returns what the user's `client.yaml` says of a key, else the machine's; undefined where neither does. */
export function inClientFiles<K extends keyof ClientFile>(
  key: K,
  { environment = process.env, systemDirectory = '/etc/patchbay' }: FindOptions,
): ClientFile[K] {
  const user = userDirectory(environment);
  const ofUser = user === undefined ? undefined : readClientFile(join(user, fileName))[key];
  return ofUser ?? readClientFile(join(systemDirectory, fileName))[key];
}

/** Returns the address of the name server's socket file in a directory; undefined where this process may not open it. */
function socketIn(directory: string, isOwner: (uid: number) => boolean = () => true): string | undefined {
  const path = join(directory, 'patchbay/nameserver/socket');
  try {
    if (!isAbsolute(directory) || !isOwner(statSync(path).uid) || !isOwner(statSync(directory).uid)) {
      return undefined;
    }
    accessSync(path, constants.W_OK);
    return `unix:${path}`;
  } catch {
    return undefined;
  }
}

/** Returns the file of the identity that a user logs in with; undefined without a home directory. */
export function userIdentityFile(environment: Environment = process.env): string | undefined {
  const directory = userDirectory(environment);
  return directory === undefined ? undefined : join(directory, 'identity.json');
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
