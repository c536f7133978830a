import { access, constants, statfs } from 'node:fs/promises';

import { formatBytes } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import type { PoolCapacity } from '../volume-pool.js';
import { errnoOf, poolFull, poolUnavailable } from './pool-error.js';

/** The kernel's magic numbers of filesystems (`statfs(2)`) that pools are likely to be on. */
const filesystems: Readonly<Record<number, string>> = {
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0xef53: 'ext4',
  0x01021994: 'tmpfs',
  0x6969: 'nfs',
  0x2fc12fc1: 'zfs',
  0x794c7630: 'overlay',
};

/** Returns the capacity of a pool's filesystem; the blocks reserved for root count as used. */
export async function capacityOf(pool: string, highWater: number): Promise<PoolCapacity> {
  const { type, bsize, blocks, bfree, bavail } = await statfs(pool);
  const usedBytes = (blocks - bfree) * bsize;
  const freeBytes = bavail * bsize;
  const sizeBytes = usedBytes + freeBytes;
  return {
    filesystem: filesystems[type] ?? `0x${type.toString(16)}`,
    sizeBytes,
    usedBytes,
    freeBytes,
    highWaterBytes: Math.floor(sizeBytes * highWater),
    isWritable: await isWritable(pool),
  };
}

/** Asserts that `neededBytes` fit. @throws RpcError `POOL_HIGH_WATER`, `POOL_FULL`, `POOL_UNAVAILABLE` if read-only */
export async function requireRoom(pool: string, neededBytes: number, highWater: number): Promise<void> {
  const capacity = await capacityOf(pool, highWater);
  if (!capacity.isWritable) {
    throw poolUnavailable(pool, 'its filesystem is read-only; see the kernel log, then remount it');
  }
  if (neededBytes > capacity.freeBytes) {
    throw await poolFull(pool, neededBytes);
  }
  if (isOverHighWater(capacity, neededBytes)) {
    const { usedBytes, sizeBytes, highWaterBytes } = capacity;
    const needed = neededBytes === 0 ? '' : ` and ${formatBytes(neededBytes)} more are needed`;
    throw storageError(
      'POOL_HIGH_WATER',
      `the pool ${pool} has ${formatBytes(usedBytes)} of ${formatBytes(sizeBytes)} in use${needed}; it accepts nothing new above its high-water mark of ${formatBytes(highWaterBytes)}: delete images, snapshots or disks, or grow the pool`,
      { details: { pool, usedBytes, sizeBytes, highWaterBytes, neededBytes } },
    );
  }
}

/** Reports whether a pool is, or with `moreBytes` would be, above its high-water mark. */
export function isOverHighWater({ usedBytes, highWaterBytes }: PoolCapacity, moreBytes = 0): boolean {
  return usedBytes + moreBytes > highWaterBytes;
}

async function isWritable(pool: string): Promise<boolean> {
  try {
    await access(pool, constants.W_OK);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EROFS') {
      return false;
    }
    throw error;
  }
}
