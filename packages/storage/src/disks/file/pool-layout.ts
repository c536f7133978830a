import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { VolumeKind, VolumeRef } from '../volume-pool.js';

/** The directory of each kind of volume, in the pool's directory. */
export const directoryOfKind: Readonly<Record<VolumeKind, string>> = {
  image: 'images',
  disk: 'disks',
  snapshot: 'snapshots',
  orphan: 'orphans',
};

/** The directory of incomplete files. */
export const temporaryDirectory = 'tmp';

/** The permission bits of each kind of volume: only disks are writable. */
export const modeOfKind: Readonly<Record<VolumeKind, number>> = {
  image: 0o440,
  disk: 0o600,
  snapshot: 0o440,
  orphan: 0o440,
};

const fileName = /^patchbay-([a-z0-9-]{8,80})\.raw$/;

/**
 * Returns a volume's path in a pool.
 * @throws RangeError for an id that the catalog cannot have assigned, so that no other text becomes a path
 */
export function volumePath(pool: string, volume: VolumeRef): string {
  const name = `patchbay-${volume.id}.raw`;
  if (!fileName.test(name)) {
    throw new RangeError(
      `a volume's id must be 8 to 80 of a-z, 0-9 and "-", not ${JSON.stringify(volume.id)}`,
    );
  }
  return join(pool, directoryOfKind[volume.kind], name);
}

/** Returns the id in a volume's file name; undefined for a file that is not ours. */
export function volumeIdOf(name: string): string | undefined {
  return fileName.exec(name)?.[1];
}

/** Lists the files in a pool's directories, except in `tmp/`, that are not named by us: paths in the pool, sorted. */
export async function foreignFiles(pool: string): Promise<readonly string[]> {
  const directories = Object.values(directoryOfKind);
  // A filesystem such as ext4 creates `lost+found` by itself.
  const own = new Set([...directories, temporaryDirectory, 'lost+found']);
  const found = (await readdir(pool)).filter((name) => !own.has(name) && !name.startsWith('patchbay-'));
  for (const directory of directories) {
    const names = await readdir(join(pool, directory));
    found.push(
      ...names.filter((name) => volumeIdOf(name) === undefined).map((name) => `${directory}/${name}`),
    );
  }
  return found.sort();
}
