import { statfs } from 'node:fs/promises';

import { formatBytes, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';

/** How programs say that a filesystem is full. */
export const outOfSpace = /No space left on device|Disk quota exceeded/;

const full = new Set(['ENOSPC', 'EDQUOT']);
const unavailable = new Set(['EROFS', 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EIO', 'ESTALE', 'ENOTCONN']);

/** Gives the code of a system call's error, such as `ENOENT`; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Gives the bytes that the filesystem of a path has left for us. */
export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Makes the `POOL_FULL` of a pool, with what is left and, where it is known, what was needed. */
export async function poolFull(pool: string, neededBytes?: number, cause?: unknown): Promise<RpcError> {
  const freeBytes = await freeBytesOf(pool);
  const needed = neededBytes === undefined ? '' : `, and ${formatBytes(neededBytes)} are needed`;
  return storageError(
    'POOL_FULL',
    `the pool ${pool} has ${formatBytes(freeBytes)} left${needed}: delete images, snapshots or disks, or grow it`,
    { details: { pool, freeBytes, ...(neededBytes === undefined ? {} : { neededBytes }) }, cause },
  );
}

/** Makes the `POOL_UNAVAILABLE` of a pool. */
export function poolUnavailable(pool: string, why: string, cause?: unknown): RpcError {
  return storageError('POOL_UNAVAILABLE', `the pool ${pool} cannot be used: ${why}`, {
    details: { pool },
    cause,
  });
}

/**
 * Turns an error of a system call on the pool's files into `POOL_FULL` or `POOL_UNAVAILABLE`. Where a missing
 * file means something else, the caller has looked at it before. Other errors come back as they are.
 */
export async function asPoolError(error: unknown, pool: string): Promise<unknown> {
  const code = errnoOf(error);
  if (code === undefined) {
    return error;
  }
  if (full.has(code)) {
    return poolFull(pool, undefined, error);
  }
  if (code === 'EFBIG') {
    return storageError('POOL_FULL', `the filesystem of the pool ${pool} cannot hold a file that large`, {
      details: { pool },
      cause: error,
    });
  }
  return unavailable.has(code) ? poolUnavailable(pool, (error as Error).message, error) : error;
}
