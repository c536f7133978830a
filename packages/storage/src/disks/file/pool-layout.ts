import { join } from 'node:path';

import { type VolumeKind, type VolumeRef } from '../volume-pool.js';

/** The directory of each kind of volume, under the pool's. */
export const directoryOfKind: Readonly<Record<VolumeKind, string>> = {
  image: 'images',
  disk: 'disks',
  snapshot: 'snapshots',
};

/** The directory of files that are not whole yet. */
export const temporaryDirectory = 'tmp';

/** The permission bits of each kind of volume: only a disk is ever written again. */
export const modeOfKind: Readonly<Record<VolumeKind, number>> = {
  image: 0o440,
  disk: 0o600,
  snapshot: 0o440,
};

const fileName = /^patchbay-([a-z0-9-]{8,64})\.raw$/;

/**
 * Gives a volume's path in a pool.
 * @throws RangeError when the id is not one that the catalog gives, so that no other text becomes a path
 */
export function volumePath(pool: string, volume: VolumeRef): string {
  const name = `patchbay-${volume.id}.raw`;
  if (!fileName.test(name)) {
    throw new RangeError(
      `a volume's id must be 8 to 64 of a-z, 0-9 and "-", not ${JSON.stringify(volume.id)}`,
    );
  }
  return join(pool, directoryOfKind[volume.kind], name);
}

/** Gives the id in a volume's file name; undefined for a file that is not ours. */
export function volumeIdOf(name: string): string | undefined {
  return fileName.exec(name)?.[1];
}
