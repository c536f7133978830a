import { statfs } from 'node:fs/promises';

import { formatBytes, isRpcError, quoted, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import type { VolumeRef } from '../volume-pool.js';

/** Matches the messages of programs when the filesystem is full. */
export const outOfSpace = /No space left on device|Disk quota exceeded/;

const full = new Set(['ENOSPC', 'EDQUOT']);
const unavailable = new Set(['EROFS', 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EIO', 'ESTALE', 'ENOTCONN']);

/** Returns the code of a system call's error, such as `ENOENT`; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * Reports whether an error says that a pool is unusable until that changes: it is away, or the catalog, whose disk cannot be
 * written, could not note what it had to before the pool is used.
 */
export function isAway(error: unknown): boolean {
  return isRpcError(error, 'POOL_UNAVAILABLE', 'STORE_FULL', 'STORE_READ_ONLY', 'STORE_FAILED');
}

/** Reports whether an error says that a pool has too little room. */
export function isFull(error: unknown): boolean {
  return isRpcError(error, 'POOL_HIGH_WATER', 'POOL_FULL');
}

/** Reports whether a system call failed because a disk is full or read-only. */
export function isUnwritable(error: unknown): boolean {
  return ['EROFS', 'ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');
}

/** Returns the result of a system call; undefined if it failed because the file does not exist. */
export async function undefinedIfMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Returns the free bytes of a path's filesystem, without those reserved for root. */
export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Creates the `POOL_FULL` of a pool, with the free bytes and, if known, the needed bytes. */
export async function poolFull(pool: string, neededBytes?: number, cause?: unknown): Promise<RpcError> {
  const freeBytes = await freeBytesOf(pool);
  const needed = neededBytes === undefined ? '' : `, and ${formatBytes(neededBytes)} are needed`;
  return storageError(
    'POOL_FULL',
    `the pool ${pool} has ${formatBytes(freeBytes)} left${needed}: delete images, snapshots or disks, or grow the pool`,
    { details: { pool, freeBytes, ...(neededBytes === undefined ? {} : { neededBytes }) }, cause },
  );
}

/** Creates the `VOLUME_MISSING` of a volume. */
export function volumeMissing({ kind, id }: VolumeRef, path: string): RpcError {
  return storageError('VOLUME_MISSING', `the file ${path} of the ${kind} ${quoted(id)} is missing`, {
    details: { kind, id, path },
  });
}

/** Creates the `POOL_UNAVAILABLE` of a pool. */
export function poolUnavailable(pool: string, why: string, cause?: unknown): RpcError {
  return storageError('POOL_UNAVAILABLE', `the pool ${pool} cannot be used: ${why}`, {
    details: { pool },
    cause,
  });
}

/**
 * Converts an error of a system call on the pool's files to `POOL_FULL` or `POOL_UNAVAILABLE`, and returns other errors
 * unchanged. Where a missing file means something else, the caller handles it first.
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
