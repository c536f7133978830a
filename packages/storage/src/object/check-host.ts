import { stat } from 'node:fs/promises';

import {
  type CheckContext,
  isLocal,
  isRpcError,
  type Listen,
  type Log,
  parseAddress,
  parseTcpAddress,
  RpcError,
  systemErrorText,
} from '@patchbay/objects';
import { bindFailure, directoryTrouble } from '@patchbay/objects/define';
import { readCertificate } from '@patchbay/objects/identity';

import { bootUnavailable } from '../boot/endpoint.js';
import { checkPortals } from '../targets/tgt/check-portals.js';
import { tgtdPaths } from '../targets/tgt/launch.js';
import { invalidOptions, type OptionIssue, parseStorageOptions, type StorageOptions } from './options.js';

/** Checks options as a start does, and changes nothing. @throws RpcError as `createStorage` */
export async function checkOptions(options: unknown, context: CheckContext): Promise<void> {
  await checkHost(parseStorageOptions(options), context);
}

/**
 * Checks that the host has what the options name: directories, and addresses that can be listened on, unless the server
 * itself listens on them. Nothing is changed.
 * @throws RpcError `CONFIG_INVALID`, `PORTAL_UNAVAILABLE`, `BOOT_UNAVAILABLE`
 */
export async function checkHost(
  options: StorageOptions,
  context: Omit<CheckContext, 'name'> & Partial<Pick<CheckContext, 'name'>>,
): Promise<void> {
  const { stateDir, isServing } = context;
  const issues = [...(await directoryIssues(options)), ...addressIssues(options, context)];
  if (issues.length > 0) {
    throw invalidOptions(issues);
  }
  tgtdPaths(stateDir, 0);
  const { boot, portal } = options;
  checkCertificate(options);
  if (isServing) {
    return;
  }
  await checkPortals(stateDir, [portal]).catch((error: unknown) => {
    throw atOption(['portal'], error);
  });
  const failure = boot && (await bindFailure(parseTcpAddress(boot.listen)));
  if (boot !== undefined && failure !== undefined) {
    throw atOption(['boot', 'listen'], bootUnavailable(boot.listen, failure));
  }
}

function checkCertificate({ boot }: StorageOptions): void {
  try {
    if (boot?.tls !== undefined) {
      readCertificate(boot.tls, Date.now());
    }
  } catch (error) {
    throw atOption(['boot', 'tls'], error);
  }
}

/**
 * Finds addresses that the server or another object of the configuration listens on, too: when each is tried by itself,
 * they are free. Adds those of this object to `addresses`.
 */
function addressIssues(
  { portal, boot }: StorageOptions,
  { name = '', listen = [], addresses = new Map<string, string>() }: Parameters<typeof checkHost>[1],
): OptionIssue[] {
  const issues: OptionIssue[] = [];
  const taken: (readonly [address: string, whose: string])[] = [
    ...[listen].flat().map((address) => [address, 'the server'] as const),
    ...addresses,
  ];
  for (const [path, address] of [
    [['portal'], portal],
    [['boot', 'listen'], boot?.listen],
  ] as const) {
    if (address === undefined) {
      continue;
    }
    const [, whose] = taken.find(([other]) => overlap(other, address)) ?? [];
    if (whose !== undefined) {
      issues.push({ path, message: `${whose} listens on ${address}, too; choose another port` });
    }
    const mine = [address, `${path.join('.')} of the object "${name}"`] as const;
    taken.push(mine);
    addresses.set(...mine);
  }
  return issues;
}

const everyHost = ['0.0.0.0', '::'];

/** Reports whether two addresses cannot both be listened on. */
function overlap(one: string, other: string): boolean {
  const [first, second] = [parseAddress(one), parseAddress(other)];
  return (
    'port' in first &&
    'port' in second &&
    first.port !== 0 &&
    first.port === second.port &&
    (first.host === second.host || [first.host, second.host].some((host) => everyHost.includes(host)))
  );
}

/** Adds to an error which option it is about, so that its line can be named. */
function atOption(path: OptionIssue['path'], error: unknown): unknown {
  if (!isRpcError(error)) {
    return error;
  }
  const { code, reason, message, details } = error;
  const issues = [{ path, message }];
  return new RpcError(code, reason, message, { details: { ...details, issues }, cause: error.cause });
}

async function directoryIssues(options: StorageOptions): Promise<OptionIssue[]> {
  const { pool, sourceDirectories, backupDirectory } = options;
  const issues: OptionIssue[] = [];
  const note = (path: OptionIssue['path'], directory: string, error: unknown, advice: string): void => {
    issues.push({ path, message: `${directory} cannot be used: ${systemErrorText(error)}; ${advice}` });
  };
  const poolTrouble = directoryTrouble(pool);
  if (poolTrouble?.code === 'ENOTDIR') {
    note(['pool'], pool, poolTrouble, 'name a directory');
  }
  for (const [index, directory] of sourceDirectories.entries()) {
    await stat(`${directory}/`).catch((error: unknown) => {
      note(
        ['sourceDirectories', index],
        directory,
        error,
        'create the directory, or remove it from the list',
      );
    });
  }
  const backupTrouble = backupDirectory === undefined ? undefined : directoryTrouble(backupDirectory);
  if (backupDirectory !== undefined && backupTrouble !== undefined) {
    note(['backupDirectory'], backupDirectory, backupTrouble, 'name a directory that can be written');
  }
  return issues;
}

/** Warns of a portal that other machines cannot reach while they can reach the server. */
export function warnOfLoopbackPortal(
  { portal, boot }: Pick<StorageOptions, 'portal' | 'boot'>,
  listen: Listen | undefined,
  log: Log,
): void {
  const reached = [listen, boot?.listen]
    .flat()
    .find((address) => address !== undefined && !isLocal(parseAddress(address)));
  if (reached !== undefined && isLocal(parseTcpAddress(portal))) {
    log.warn('nodes may be unable to reach the portal; set "portal" to an address that they can', {
      portal,
      why: `it is reachable on this host alone, but other hosts can reach ${reached}`,
    });
  }
}
