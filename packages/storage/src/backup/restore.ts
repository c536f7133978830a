import { randomUUID } from 'node:crypto';
import { chmod, copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { type Clock, isRpcError, makeDirectory } from '@patchbay/objects';
import { openSqliteStore, restoreBackup } from '@patchbay/store';

import { catalogDirectory, catalogFile, openCatalogStore } from '../catalog/open-catalog.js';
import { undefinedIfMissing } from '../disks/file/pool-error.js';
import { sync } from '../disks/file/sync.js';
import { isSqlite, readWhole, requireCatalog, unusable } from './verify.js';

/**
 * Makes a backup the catalog of a state directory whose storage object does not run. What was there is kept beside
 * it; cut short, either catalog is there, whole. Returns where the former one is, if there was one.
 * @throws RpcError `BACKUP_UNUSABLE`, `STORE_LOCKED` while the object runs
 */
export async function restoreFrom(
  path: string,
  stateDir: string,
  clock: Clock,
): Promise<{ formerCatalog: string | undefined }> {
  const directory = join(stateDir, catalogDirectory);
  makeDirectory(directory, 0o700);
  const draft = join(directory, `restored-${randomUUID()}.sqlite`);
  try {
    await fillDraft(path, draft, clock);
    await sync(draft);
    const present = await stat(join(directory, catalogFile)).catch(() => undefined);
    const formerCatalog = present && (await keepFormer(stateDir, directory, clock));
    await rename(draft, join(directory, catalogFile));
    await sync(directory);
    return { formerCatalog };
  } finally {
    // Closed in order, a store has taken its log in; a damaged one leaves it.
    for (const leftover of [draft, `${draft}-wal`, `${draft}-shm`]) {
      await rm(leftover, { force: true });
    }
  }
}

/** Makes a new catalog of a backup. */
async function fillDraft(path: string, draft: string, clock: Clock): Promise<void> {
  const isCopy = await isSqlite(path);
  const backup = isCopy ? undefined : await readWhole(path);
  if (isCopy) {
    await copyFile(path, draft);
    await chmod(draft, 0o600);
  }
  try {
    await using store = await openSqliteStore({
      directory: dirname(draft),
      fileName: basename(draft),
      clock,
    });
    if (backup !== undefined) {
      await restoreBackup(backup, store);
    }
    const catalog = await requireCatalog(store, path);
    await catalog.noteRestore(path);
  } catch (error) {
    throw isRpcError(error, 'STORE_DAMAGED') ? unusable(path, 'is no backup, or damaged', error) : error;
  }
}

/** Keeps the catalog that there was in a directory of its own, with its log, which is no log of the new one. */
async function keepFormer(stateDir: string, directory: string, clock: Clock): Promise<string> {
  try {
    await (await openCatalogStore(stateDir, clock))[Symbol.asyncDispose]();
  } catch (error) {
    // A damaged catalog is what restoring is for; only one that is open must not be replaced.
    if (!isRpcError(error, 'CATALOG_DAMAGED')) {
      throw error;
    }
  }
  const former = join(directory, `replaced-${new Date(clock.now()).toISOString().replaceAll(':', '')}`);
  await mkdir(former, { mode: 0o700 });
  // It keeps its name as well until the new one takes it, so that at no time there is none.
  await link(join(directory, catalogFile), join(former, catalogFile));
  for (const name of [`${catalogFile}-wal`, `${catalogFile}-shm`]) {
    await undefinedIfMissing(rename(join(directory, name), join(former, name)));
  }
  await sync(former);
  await sync(directory);
  return former;
}
