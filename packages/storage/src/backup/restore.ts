import { randomUUID } from 'node:crypto';
import { chmod, copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock, isRpcError } from '@patchbay/objects';

import { catalogDirectory, catalogFile, openCatalogStore } from '../catalog/open-catalog.js';
import { errnoOf } from '../disks/file/pool-error.js';
import { syncDirectory, syncFile } from '../disks/file/sync.js';
import { storageError } from '../errors.js';
import { withCatalogFile } from './verify.js';

/**
 * Makes a backup the catalog of a state directory whose storage object does not run. What was there is kept beside
 * it; cut short, either catalog is there, whole. Gives where the former one is, if there was one.
 * @throws RpcError `BACKUP_UNUSABLE`, `STORE_LOCKED` while the object runs
 */
export async function restoreFrom(
  path: string,
  stateDir: string,
  clock: Clock,
): Promise<{ formerCatalog: string | undefined }> {
  const directory = join(stateDir, catalogDirectory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `restored-${randomUUID()}.sqlite`);
  try {
    await copyBackup(path, draft);
    await withCatalogFile(draft, clock, (catalog) => catalog.noteRestore(path), path);
    await syncFile(draft);
    const former = (await isThere(join(directory, catalogFile)))
      ? await keepFormer(stateDir, directory, clock)
      : undefined;
    await rename(draft, join(directory, catalogFile));
    await syncDirectory(directory);
    return { formerCatalog: former };
  } finally {
    await rm(draft, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function copyBackup(path: string, draft: string): Promise<void> {
  try {
    await copyFile(path, draft);
  } catch (error) {
    throw storageError(
      'BACKUP_UNUSABLE',
      `${path} cannot be read: ${error instanceof Error ? error.message : ''}`,
      {
        details: { path },
        cause: error,
      },
    );
  }
  await chmod(draft, 0o600);
}

/** A damaged catalog is what restoring is for; only one that is open must not be replaced. */
async function refuseInUse(stateDir: string, clock: Clock): Promise<void> {
  try {
    await (await openCatalogStore(stateDir, clock))[Symbol.asyncDispose]();
  } catch (error) {
    if (!isRpcError(error, 'CATALOG_DAMAGED')) {
      throw error;
    }
  }
}

/** Keeps the catalog that there was in a directory of its own, with its log, which is no log of the new one. */
async function keepFormer(stateDir: string, directory: string, clock: Clock): Promise<string> {
  await refuseInUse(stateDir, clock);
  const former = join(directory, `replaced-${new Date(clock.now()).toISOString().replaceAll(':', '')}`);
  await mkdir(former, { mode: 0o700 });
  // It keeps its name as well until the new one takes it, so that at no time there is none.
  await link(join(directory, catalogFile), join(former, catalogFile));
  for (const name of [`${catalogFile}-wal`, `${catalogFile}-shm`]) {
    try {
      await rename(join(directory, name), join(former, name));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') {
        throw error;
      }
    }
  }
  await syncDirectory(former);
  await syncDirectory(directory);
  return former;
}
