import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Log } from '@patchbay/objects';

import { undefinedIfMissing } from '../disks/file/pool-error.js';
import { openNote, sealNote } from '../disks/file/pool-note.js';
import { storageError } from '../errors.js';

const claimFile = 'patchbay-catalog';

/** Stands for a holder that cannot be read. */
const damaged = Symbol('damaged');

/**
 * Binds a pool to the one catalog that decides which of its files have no record. A second server, or one that lost
 * its state directory, must not take the files for leftovers and remove them. A damaged claim is written anew for the
 * catalog that was in use with the pool.
 *
 * @param options.knowsPool - whether the catalog was in use with the pool
 * @throws RpcError `POOL_NOT_OURS`
 */
export async function claimPool(
  pool: string,
  catalogId: string,
  { knowsPool, log }: { readonly knowsPool: boolean; readonly log: Log },
): Promise<void> {
  const path = join(pool, claimFile);
  let holder = (await readClaim(path)) ?? (await writeClaim(path, catalogId, link));
  if (holder === damaged && knowsPool) {
    holder = await writeClaim(path, catalogId, rename);
    log.warn("wrote the note of the pool's catalog anew, as it was damaged", { path });
  }
  if (holder === damaged) {
    throw storageError(
      'POOL_NOT_OURS',
      `whose the pool ${pool} is cannot be read, as ${path} is damaged; give the server the state directory that it had, or remove the file if no other server uses the pool`,
      { details: { pool, catalog: catalogId } },
    );
  }
  if (holder !== catalogId) {
    throw storageError(
      'POOL_NOT_OURS',
      `the pool ${pool} belongs to another catalog; give the server the state directory that it had, or another pool`,
      { details: { pool, holder, catalog: catalogId } },
    );
  }
}

async function readClaim(path: string): Promise<string | typeof damaged | undefined> {
  const content = await undefinedIfMissing(readFile(path, 'utf8'));
  return content === undefined ? undefined : (openNote(content) ?? damaged);
}

/** Writes the claim atomically, and returns the one that stands: another server may have been faster. */
async function writeClaim(
  path: string,
  catalogId: string,
  put: (draft: string, path: string) => Promise<void>,
): Promise<string | typeof damaged | undefined> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, sealNote(catalogId), { flag: 'wx', flush: true });
    await put(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  } finally {
    await rm(draft, { force: true });
  }
  return await readClaim(path);
}
