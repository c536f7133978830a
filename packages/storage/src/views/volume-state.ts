import { isRpcError } from '@patchbay/objects';

import { type VolumePool, type VolumeRef } from '../disks/volume-pool.js';

/** What is seen of a volume. */
export interface VolumeSight {
  readonly usedBytes: number;
  /** Undefined when the volume is there. */
  readonly trouble: 'volume-missing' | 'pool-unavailable' | undefined;
}

const unseen: VolumeSight = { usedBytes: 0, trouble: 'pool-unavailable' };

/** Looks at volumes, together. That the pool is away is no reason to show nothing of what the catalog knows. */
export async function lookAtAll(
  pool: Pick<VolumePool, 'stats'>,
  volumes: readonly VolumeRef[],
): Promise<readonly VolumeSight[]> {
  try {
    return (await pool.stats(volumes)).map((stat) => ({
      usedBytes: stat?.usedBytes ?? 0,
      trouble: stat === undefined ? 'volume-missing' : undefined,
    }));
  } catch (error) {
    if (!isRpcError(error, 'POOL_UNAVAILABLE')) {
      throw error;
    }
    return volumes.map(() => unseen);
  }
}

/** Looks at one volume. */
export async function lookAt(pool: Pick<VolumePool, 'stats'>, volume: VolumeRef): Promise<VolumeSight> {
  return (await lookAtAll(pool, [volume]))[0] ?? unseen;
}
