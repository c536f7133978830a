import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { storageError } from '../errors.js';

const claimFile = 'patchbay-catalog';

/**
 * Binds a pool to the one catalog that may judge which of its files have no record. A second server, or one
 * that lost its state directory, must not take the files for leftovers and remove them.
 *
 * @throws RpcError `POOL_NOT_OURS`
 */
export async function claimPool(pool: string, catalogId: string): Promise<void> {
  const path = join(pool, claimFile);
  try {
    await writeFile(path, `${catalogId}\n`, { flag: 'wx', flush: true });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  const holder = (await readFile(path, 'utf8')).trim();
  if (holder !== catalogId) {
    throw storageError(
      'POOL_NOT_OURS',
      `the pool ${pool} belongs to another catalog; give the server the state directory that it had, or another pool (or remove ${path}, and every disk there that this server does not know will be deleted)`,
      { details: { pool, holder, catalog: catalogId } },
    );
  }
}
