import { isRpcError, type ObjectContext } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import { type FilePool, openFilePool } from '../disks/file/file-pool.js';
import { isAway } from '../disks/file/pool-error.js';
import { PoolGeneration } from '../disks/file/pool-generation.js';
import { execTool } from '../exec.js';
import { claimPool } from './claim-pool.js';
import { noticeOldCatalog } from './notice-old-catalog.js';
import type { StorageOptions } from './options.js';

/** Opens the pool that the catalog knows, or the first time the one that the options name. */
export async function openPool(
  { pool: directory, highWater }: StorageOptions,
  { clock, log }: ObjectContext,
  catalog: Catalog,
  freeSome: () => Promise<boolean>,
): Promise<FilePool> {
  return openFilePool({
    directory,
    expectedId: await catalog.poolId(),
    highWater,
    whenMissing: 'wait',
    onFound: async (id) => {
      const knowsPool = (await catalog.poolId()) === id;
      await claimPool(directory, await catalog.id(), { knowsPool, log });
      await noticeOldCatalog(catalog, new PoolGeneration(directory), log);
      await catalog.rememberPool(id);
    },
    generation: () => catalog.revision(),
    freeSome,
    exec: execTool,
    clock,
    log,
  });
}

/** Notes in the pool how far the catalog has come, also where no volume appeared. */
export async function raiseGeneration({ directory }: FilePool): Promise<void> {
  try {
    await directory.use(() => directory.raiseGeneration());
  } catch (error) {
    if (!isRpcError(error)) {
      throw error;
    }
    // The pool is away or full, as its status says.
  }
}

export async function isThere(pool: FilePool): Promise<boolean> {
  try {
    await pool.directory.assertAvailable();
    return true;
  } catch (error) {
    if (isAway(error)) {
      return false;
    }
    throw error;
  }
}
