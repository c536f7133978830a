import { constants, copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errnoOf } from './pool-error.js';
import { markerName } from './pool-marker.js';
import { type TemporaryFiles } from './temporary-files.js';

/** What the kernel answers where the filesystem, or this pair of files, cannot share blocks. */
const unsupported = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EXDEV', 'EINVAL']);

/**
 * Makes a file that shares all blocks of another, a point in time of it also while it is written.
 * Gives false when the filesystem cannot do it; then there is no file.
 */
export async function reflink(source: string, target: string): Promise<boolean> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (unsupported.has(errnoOf(error) ?? '')) {
      return false;
    }
    throw error;
  }
}

/** Finds out, by trying with the pool's marker, whether the pool's filesystem has reflinks. */
export async function hasReflinks(pool: string, temporaries: TemporaryFiles): Promise<boolean> {
  await using probe = temporaries.create();
  return await reflink(join(pool, markerName), probe.path);
}
