import { open } from 'node:fs/promises';

import { isRpcError, systemErrorText } from '@patchbay/objects';
import { type Backup, readBackup, type Store } from '@patchbay/store';

import { Catalog } from '../catalog/catalog.js';
import { storageError } from '../errors.js';
import { findUnreadable } from '../fsck/check-catalog.js';

/** What a file of SQLite begins with: the first version's backups are copies of the catalog's own. */
const sqliteMark = 'SQLite format 3\0';

/** Reads a backup and checks that it is whole. Errors call it `name`. @throws RpcError `BACKUP_UNUSABLE` */
export async function readWhole(path: string, name = path): Promise<Backup> {
  try {
    return await readBackup(path);
  } catch (error) {
    throw isRpcError(error, 'BACKUP_DAMAGED') ? unusable(name, 'is no backup, or damaged', error) : error;
  }
}

/** Makes sure that a store is a catalog that can be read. Errors call it `name`. @throws RpcError `BACKUP_UNUSABLE` */
export async function requireCatalog(store: Store, name: string): Promise<Catalog> {
  const catalog = new Catalog(store);
  const [unreadable] = await findUnreadable(catalog);
  if (unreadable !== undefined) {
    const { resource } = unreadable;
    throw unusable(name, `has records that this version cannot read, such as "${resource}"`);
  }
  if (!(await catalog.hasId())) {
    throw unusable(name, 'is not the backup of a catalog');
  }
  return catalog;
}

/** Reports whether a backup is a file of SQLite. @throws RpcError `BACKUP_UNUSABLE` when it cannot be read */
export async function isSqlite(path: string): Promise<boolean> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sqliteMark.length), 0, sqliteMark.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === sqliteMark;
  } catch (error) {
    throw unusable(path, `cannot be read: ${systemErrorText(error)}`, error);
  }
}

/** Makes the error about a backup that cannot be restored. */
export function unusable(name: string, why: string, cause?: unknown): Error {
  return storageError('BACKUP_UNUSABLE', `${name} ${why}`, { details: { path: name }, cause });
}
