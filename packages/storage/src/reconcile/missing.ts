import { images, nodes, snapshots, trash } from '../catalog/tables.js';
import { type VolumeRef } from '../disks/volume-pool.js';
import { diskThing, imageThing, nodeThing, type Parts } from '../provision/parts.js';
import { fullName } from '../provision/snapshot-lookup.js';

/** Names the things at rest whose file is not in the pool. */
export async function findMissing({ catalog, pool }: Parts): Promise<string[]> {
  const expected: (readonly [name: string, volume: VolumeRef])[] = [];
  for (const { key, value } of await catalog.list(images)) {
    if (value.state === 'ready') {
      expected.push([imageThing(key), { kind: 'image', id: value.id }]);
    }
  }
  for (const { value } of await catalog.list(snapshots)) {
    if (value.state === 'ready') {
      expected.push([`snapshot:${fullName(value)}`, { kind: 'snapshot', id: value.id }]);
    }
  }
  for (const { key, value } of await catalog.list(nodes)) {
    if (value.state === 'ready' || value.state === 'detached') {
      expected.push([nodeThing(key), { kind: 'disk', id: value.disk.id }]);
    }
  }
  for (const { key, value } of await catalog.list(trash)) {
    if (value.state === 'trashed') {
      expected.push([diskThing(key), { kind: 'disk', id: key }]);
    }
  }
  const stats = await pool.stats(expected.map(([, volume]) => volume));
  return expected.flatMap(([name], at) => (stats[at] === undefined ? [name] : []));
}
