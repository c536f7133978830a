import { access, constants, statfs } from 'node:fs/promises';

import { formatBytes, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { type PoolCapacity } from '../volume-pool.js';
import { errnoOf, poolFull, poolUnavailable } from './pool-error.js';

/** The numbers by which the kernel tells filesystems apart (`statfs(2)`), of those that pools are likely to be on. */
const filesystems: Readonly<Record<number, string>> = {
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0xef53: 'ext4',
  0x01021994: 'tmpfs',
  0x6969: 'nfs',
  0x2fc12fc1: 'zfs',
  0x794c7630: 'overlay',
};

/** Says how full the filesystem of a pool is; what is reserved for root counts as used. */
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

/**
 * Makes sure that the pool can be written, and that `neededBytes` more fit under its high-water mark.
 * @throws RpcError `POOL_HIGH_WATER`, `POOL_FULL`, `POOL_UNAVAILABLE`
 */
export async function requireRoom(pool: string, neededBytes: number, highWater: number): Promise<void> {
  const capacity = await capacityOf(pool, highWater);
  if (!capacity.isWritable) {
    throw poolUnavailable(pool, 'its filesystem is read-only; see the log of the kernel, and mount it anew');
  }
  if (neededBytes > capacity.freeBytes) {
    throw await poolFull(pool, neededBytes);
  }
  if (isOverHighWater(capacity, neededBytes)) {
    throw overHighWater(pool, capacity, neededBytes);
  }
}

/** Says whether a pool is, or with `moreBytes` would be, filled beyond its high-water mark. */
export function isOverHighWater({ usedBytes, highWaterBytes }: PoolCapacity, moreBytes = 0): boolean {
  return usedBytes + moreBytes > highWaterBytes;
}

function overHighWater(pool: string, capacity: PoolCapacity, neededBytes: number): RpcError {
  const { usedBytes, sizeBytes, highWaterBytes } = capacity;
  const needed = neededBytes === 0 ? '' : `, ${formatBytes(neededBytes)} more are needed`;
  return storageError(
    'POOL_HIGH_WATER',
    `the pool ${pool} has ${formatBytes(usedBytes)} of ${formatBytes(sizeBytes)} in use${needed}, and takes nothing new above its high-water mark of ${formatBytes(highWaterBytes)}: delete images, snapshots or disks, or grow it`,
    { details: { pool, usedBytes, sizeBytes, highWaterBytes, neededBytes } },
  );
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
