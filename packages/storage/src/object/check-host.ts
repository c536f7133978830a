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
  { stateDir, isServing }: Pick<CheckContext, 'stateDir' | 'isServing'>,
): Promise<void> {
  const issues = await directoryIssues(options);
  if (issues.length > 0) {
    throw invalidOptions(issues);
  }
  tgtdPaths(stateDir, 0);
  if (isServing) {
    return;
  }
  const { boot, portal } = options;
  await checkPortals(stateDir, [portal]).catch((error: unknown) => {
    throw atOption(['portal'], error);
  });
  const failure = boot && (await bindFailure(parseTcpAddress(boot.listen)));
  if (boot !== undefined && failure !== undefined) {
    throw atOption(['boot', 'listen'], bootUnavailable(boot.listen, failure));
  }
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
