import { constants } from 'node:fs';
import { cp, lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { silentLog, systemClock } from '@patchbay/objects';

import { Catalog } from '../catalog/catalog.js';
import { openCatalogStore } from '../catalog/open-catalog.js';
import { openFilePool } from '../disks/file/file-pool.js';
import { execTool } from '../exec.js';
import { type Inventory, type StockedWorld, takeStock } from './inventory.js';

/** Copies a directory that may not be there, but for sockets. */
export async function copyAll(from: string, to: string): Promise<void> {
  await mkdir(from, { recursive: true });
  await cp(from, to, {
    recursive: true,
    preserveTimestamps: true,
    mode: constants.COPYFILE_FICLONE,
    filter: async (path) => !(await lstat(path)).isSocket(),
  });
}

/**
 * Takes stock beside a server that is at rest: by a copy of the catalog, as its file is the server's.
 *
 * @param stateDir the state directory of the storage object
 * @param scratch a directory for the copy, which is removed
 */
export async function takeStockBeside(
  world: StockedWorld,
  stateDir: string,
  scratch: string,
): Promise<Inventory> {
  try {
    await copyAll(join(stateDir, 'catalog'), join(scratch, 'catalog'));
    await using store = await openCatalogStore(scratch, systemClock);
    const catalog = new Catalog(store);
    const pool = await openFilePool({
      directory: world.places.pool,
      expectedId: await catalog.poolId(),
      exec: execTool,
      clock: systemClock,
      log: silentLog,
    });
    return await takeStock(world, { catalog, pool });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
