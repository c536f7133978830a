import { join } from 'node:path';

import { type Clock, isRpcError, type Log, type RpcError } from '@patchbay/objects';
import { openSqliteStore, type SqliteStoreOptions, type Store } from '@patchbay/store';

import { storageError } from '../errors.js';
import { Catalog } from './catalog.js';

/** The directory of the catalog's file in the state directory of the object, and the file's name there. */
export const catalogDirectory = 'catalog';
export const catalogFile = 'store.sqlite';

/** How many revisions a watcher of events may be behind before it has to look for them. */
const historyRevisions = 1000;

/**
 * Opens an object's catalog. Where its disk is full or read-only, it is read until it can be written. The id of a new one
 * is in its file, not only in the log beside it: whatever is lost, the pool knows its catalog.
 * @throws RpcError `CATALOG_DAMAGED`, `STORE_...`
 */
export async function openCatalog(
  stateDir: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<{ readonly catalog: Catalog; readonly store: Store }> {
  const disk: { failure?: RpcError | undefined; catalog?: Catalog } = {};
  const open = (): Promise<Store> =>
    openCatalogStore(stateDir, clock, {
      log,
      whenUnwritable: 'read',
      onWritable: (failure) => {
        disk.failure = failure;
        disk.catalog?.noteWritable(failure);
      },
    });
  let store = await open();
  try {
    disk.catalog = new Catalog(store, clock);
    if (!(await disk.catalog.hasId())) {
      await disk.catalog.id();
      await store[Symbol.asyncDispose]();
      store = await open();
      disk.catalog = new Catalog(store, clock);
    }
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
  disk.catalog.noteWritable(disk.failure);
  return { catalog: disk.catalog, store };
}

/** Opens the store of the catalog in an object's state directory. @throws RpcError `CATALOG_DAMAGED`, `STORE_...` */
export async function openCatalogStore(
  stateDir: string,
  clock: Clock,
  options: Pick<SqliteStoreOptions, 'log' | 'whenUnwritable' | 'onWritable'> = {},
): Promise<Store> {
  try {
    return await openSqliteStore({
      directory: join(stateDir, catalogDirectory),
      fileName: catalogFile,
      clock,
      historyRevisions,
      ...options,
    });
  } catch (error) {
    if (!isRpcError(error, 'STORE_DAMAGED')) {
      throw error;
    }
    throw storageError(
      'CATALOG_DAMAGED',
      `the catalog in ${stateDir} is damaged; restore it with "patchbay-storage restore BACKUP --state-dir ${stateDir}", from a backup such as those in ${join(stateDir, 'backups')}`,
      { details: { stateDir, ...error.details }, cause: error },
    );
  }
}
