import type { Log } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import { isUnwritable } from '../disks/file/pool-error.js';
import type { PoolGeneration } from '../disks/file/pool-generation.js';

/**
 * Treats a catalog that has not come as far as its pool as a restored one: an older copy of it was put back, or its
 * last commits were lost. Volumes that it does not know were acknowledged to somebody. A pool of an earlier version,
 * which has no generation, is taken as it is.
 */
export async function noticeOldCatalog(
  catalog: Pick<Catalog, 'revision' | 'noteRestore'>,
  generation: PoolGeneration,
  log: Log,
): Promise<void> {
  const revision = await catalog.revision();
  const reached = await generation.read();
  if (reached !== undefined && reached > revision) {
    const isDamaged = !Number.isFinite(reached);
    await catalog.noteRestore(
      isDamaged
        ? 'nobody knows what: the file patchbay-generation of the pool is damaged'
        : 'an older copy: the pool has seen later changes',
    );
    log.error(
      'the catalog is older than its pool; files that it does not know are kept until confirm_restore',
      { revision, poolGeneration: isDamaged ? 'damaged' : reached },
    );
  }
  if (reached === undefined || reached > revision) {
    // From now on this catalog counts, which the note, written before, remembers.
    await generation.set(revision).catch((error: unknown) => {
      if (!isUnwritable(error)) {
        throw error; // a pool that is full or read-only can be read, and the next start tries again
      }
    });
  }
}
