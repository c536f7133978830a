import { randomUUID } from 'node:crypto';
import { access, link, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Clock, coreError, isRpcError } from '@patchbay/objects';
import { type Store, storeError, writeBackup } from '@patchbay/store';

import { askLocally } from '../catalog/local-requests.js';
import { catalogDirectory, catalogFile, openCatalogStore } from '../catalog/open-catalog.js';
import { sync } from '../disks/file/sync.js';
import { errnoOf } from '../disks/file/pool-error.js';
import { storageError } from '../errors.js';
import { readWhole } from './verify.js';

/**
 * Writes a backup of the catalog in a state directory to a new file: by the object that has it open, else itself.
 * @throws RpcError `CATALOG_NOT_FOUND`, `CATALOG_DAMAGED`, `CATALOG_IN_USE`, `BACKUP_UNUSABLE`, `BACKUP_EXISTS`,
 * `ARGUMENT_INVALID` where there is no directory for it
 */
export async function backUpTo(path: string, stateDir: string, clock: Clock): Promise<void> {
  const directory = await stat(dirname(path)).catch(() => undefined);
  if (directory?.isDirectory() !== true) {
    throw coreError(
      'ARGUMENT_INVALID',
      `there is no directory ${dirname(path)} to write the backup to; make it first`,
    );
  }
  const store = await openUnlessInUse(stateDir, clock);
  if (store !== 'in-use') {
    await using own = store;
    await writeBackup(own, path);
    return;
  }
  const draft = `${path}.${randomUUID()}.part`;
  try {
    await writeWhole(draft, await askLocally(stateDir, 'backup'));
    // What came may have been cut off.
    await readWhole(draft);
    await link(draft, path);
    await sync(dirname(path));
  } catch (error) {
    throw errnoOf(error) === 'EEXIST'
      ? storeError('BACKUP_EXISTS', `${path} is there already; give another name`, { details: { path } })
      : error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Writes a new file; once this has failed, nothing will create it any more. */
async function writeWhole(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await writeFile(file, bytes);
  await file.sync();
}

/** Opens the catalog's store unless a storage object has it open. @throws RpcError `CATALOG_NOT_FOUND`, ... */
export async function openUnlessInUse(stateDir: string, clock: Clock): Promise<Store | 'in-use'> {
  const file = join(stateDir, catalogDirectory, catalogFile);
  try {
    await access(file);
  } catch (error) {
    throw storageError(
      'CATALOG_NOT_FOUND',
      `there is no catalog ${file}; name the state directory of the storage object with --state-dir`,
      { details: { stateDir }, cause: error },
    );
  }
  try {
    return await openCatalogStore(stateDir, clock, { whenUnwritable: 'read' });
  } catch (error) {
    if (isRpcError(error, 'STORE_LOCKED')) {
      return 'in-use';
    }
    throw error;
  }
}
