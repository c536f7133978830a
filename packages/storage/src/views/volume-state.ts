import { isRpcError } from '@patchbay/objects';

import type { VolumePool, VolumeRef } from '../disks/volume-pool.js';

export interface VolumeInfo {
  readonly usedBytes: number;
  /** Undefined when the volume is there. */
  readonly trouble: 'volume-missing' | 'pool-unavailable' | undefined;
}

const unknown: VolumeInfo = { usedBytes: 0, trouble: 'pool-unavailable' };

/** Inspects volumes together. While the pool is unavailable, what the catalog knows can be shown all the same. */
export async function inspectVolumes(
  pool: VolumePool,
  volumes: readonly VolumeRef[],
): Promise<readonly VolumeInfo[]> {
  try {
    return (await pool.stats(volumes)).map((stat) => ({
      usedBytes: stat?.usedBytes ?? 0,
      trouble: stat === undefined ? 'volume-missing' : undefined,
    }));
  } catch (error) {
    if (!isRpcError(error, 'POOL_UNAVAILABLE')) {
      throw error;
    }
    return volumes.map(() => unknown);
  }
}

export async function inspectVolume(pool: VolumePool, volume: VolumeRef): Promise<VolumeInfo> {
  return (await inspectVolumes(pool, [volume]))[0] ?? unknown;
}
