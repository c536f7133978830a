import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { storageError } from '../errors.js';

const claimFile = 'patchbay-catalog';

/**
 * Binds a pool to the one catalog that decides which of its files have no record. A second server, or one that lost
 * its state directory, must not take the files for leftovers and remove them.
 *
 * @throws RpcError `POOL_NOT_OURS`
 */
export async function claimPool(pool: string, catalogId: string): Promise<void> {
  const path = join(pool, claimFile);
  const holder = (await readClaim(path)) ?? (await writeClaim(path, catalogId));
  if (holder !== catalogId) {
    throw storageError(
      'POOL_NOT_OURS',
      `the pool ${pool} belongs to another catalog; give the server the state directory that it had, or another pool`,
      { details: { pool, holder, catalog: catalogId } },
    );
  }
}

async function readClaim(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Writes the claim atomically, and returns the one that stands: another server may have been faster. */
async function writeClaim(path: string, catalogId: string): Promise<string | undefined> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, `${catalogId}\n`, { flag: 'wx', flush: true });
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  } finally {
    await rm(draft, { force: true });
  }
  return await readClaim(path);
}
