import { constants, copyFile } from 'node:fs/promises';

import { type Exec, ExecError } from '../../exec.js';
import { errnoOf, outOfSpace } from './pool-error.js';

/** The kernel's errors where the filesystem, or this pair of files, cannot share blocks. */
const unsupported = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EXDEV', 'EINVAL']);

/**
 * Creates a file that shares all blocks of another: a point-in-time copy, even while the source is written. Returns
 * false when the filesystem does not support it; then no file is created.
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

/**
 * Copies a file byte by byte, leaving holes for holes and zeros. Unlike a reflink this is not a point-in-time copy:
 * nobody may write the source meanwhile.
 * @throws an error with the code `ENOSPC`, or ExecError
 */
export async function sparseCopy(
  source: string,
  target: string,
  options: { readonly exec: Exec; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const args = ['--sparse=always', '--reflink=never', '--', source, target];
  try {
    await options.exec('cp', args, { signal: options.signal, timeoutMs: 0 });
  } catch (error) {
    if (error instanceof ExecError && outOfSpace.test(error.stderrTail)) {
      throw Object.assign(new Error('no space left for a full copy', { cause: error }), { code: 'ENOSPC' });
    }
    throw error;
  }
}
