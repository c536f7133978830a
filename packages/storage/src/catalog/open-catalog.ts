import { join } from 'node:path';

import { type Clock, isRpcError } from '@patchbay/objects';
import { openSqliteStore, type Store } from '@patchbay/store';

import { storageError } from '../errors.js';

/** The directory of the catalog's file in the state directory of the object, and the file's name there. */
export const catalogDirectory = 'catalog';
export const catalogFile = 'store.sqlite';

/** How many revisions a watcher of events may be behind before it has to look for them. */
const historyRevisions = 1000;

/** Opens the store of the catalog in an object's state directory. @throws RpcError `CATALOG_DAMAGED`, `STORE_...` */
export async function openCatalogStore(stateDir: string, clock: Clock): Promise<Store> {
  try {
    return await openSqliteStore({
      directory: join(stateDir, catalogDirectory),
      fileName: catalogFile,
      clock,
      historyRevisions,
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
