import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

import { type Clock, isRpcError } from '@patchbay/objects';
import { openSqliteStore } from '@patchbay/store';

import { Catalog } from '../catalog/catalog.js';
import { findUnreadable } from '../fsck/check-catalog.js';
import { storageError } from '../errors.js';

/**
 * Opens a file as a catalog, makes sure that it is one and whole, and does something with it. Errors call it `name`,
 * where it is the copy of what somebody named so.
 * @throws RpcError `BACKUP_UNUSABLE`
 */
export async function withCatalogFile<T>(
  path: string,
  clock: Clock,
  use: (catalog: Catalog) => Promise<T>,
  name = path,
): Promise<T> {
  const fileName = basename(path);
  try {
    await using store = await openSqliteStore({ directory: dirname(path), fileName, clock });
    const catalog = new Catalog(store);
    const unreadable = await findUnreadable(catalog);
    if (unreadable.length > 0 || !(await catalog.hasId())) {
      throw storageError(
        'BACKUP_UNUSABLE',
        unreadable.length > 0
          ? `${name} has records that this version cannot read, such as "${String(unreadable[0]?.resource)}"`
          : `${name} is not the backup of a catalog`,
        { details: { path: name } },
      );
    }
    return await use(catalog);
  } catch (error) {
    if (isRpcError(error, 'STORE_DAMAGED')) {
      throw storageError('BACKUP_UNUSABLE', `${name} is no backup, or damaged`, {
        details: { path: name },
        cause: error,
      });
    }
    throw error;
  } finally {
    // Closed in order, a store has taken them in; a damaged one leaves them.
    await rm(`${path}-wal`, { force: true });
    await rm(`${path}-shm`, { force: true });
  }
}
