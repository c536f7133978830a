import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type Inventory, runningTgtds, takeStockBeside } from '@patchbay/storage/testing';

import type { Contents } from './contents.js';
import type { Place } from './ledger.js';
import type { Scene } from './scene.js';

/** What the catalog and the pool have of a scene. */
export interface Found {
  /** Where the volumes are according to the catalog, by their ids. */
  readonly places: ReadonlyMap<string, Place>;
  /** The paths of the volumes' files, by the ids of the volumes. */
  readonly files: ReadonlyMap<string, string>;
  /** The volumes that were set aside: what they were, by their ids. */
  readonly orphans: ReadonlyMap<string, string>;
  readonly inventory: Inventory;
}

interface NodeRow {
  readonly state: string;
  readonly disk: { readonly id: string };
}

const directories = ['disks', 'snapshots', 'images', 'orphans'] as const;

/** Looks at a scene past its server, which is at rest. */
export async function look(scene: Scene): Promise<Found> {
  const { patchbay, stateDir } = scene;
  const world = {
    places: { pool: patchbay.pool },
    backups: patchbay.directory,
    tgtds: () => runningTgtds(stateDir),
  };
  const inventory = await takeStockBeside(world, stateDir, patchbay.at('stock'));
  const files = new Map<string, string>();
  const orphans = new Map<string, string>();
  for (const directory of directories) {
    for (const name of await readdir(join(patchbay.pool, directory))) {
      const [, kind, id] = /^patchbay-(?:(disk|snapshot|image)-)?(.+)\.raw$/.exec(name) ?? [];
      if (id !== undefined) {
        files.set(id, join(patchbay.pool, directory, name));
        if (kind !== undefined && directory === 'orphans') {
          orphans.set(id, kind);
        }
      }
    }
  }
  return { places: placesIn(inventory, orphans), files, orphans, inventory };
}

/** Returns how the contents of a volume's file differ from what they may be. */
export async function differenceOf(
  path: string | undefined,
  contents: Contents,
): Promise<string | undefined> {
  return path === undefined ? 'has no file' : contents.difference(await readFile(path));
}

function placesIn({ records }: Inventory, orphans: ReadonlyMap<string, string>): Map<string, Place> {
  const places = new Map([...orphans.keys()].map((id) => [id, 'orphan']));
  const rows = <T>(prefix: string): readonly { readonly key: string; readonly value: T }[] =>
    (records[prefix] ?? []) as readonly { key: string; value: T }[];
  for (const { key, value } of rows<NodeRow>('node/')) {
    places.set(value.disk.id, `${value.state === 'detached' ? 'kept' : 'node'}:${key}`);
  }
  for (const { key } of rows('trash/')) {
    places.set(key, 'trash');
  }
  for (const { key, value } of rows<{ id: string }>('snapshot/')) {
    places.set(value.id, `snapshot:${key.replace('/', '@')}`);
  }
  for (const { key, value } of rows<{ id: string }>('image/')) {
    places.set(value.id, `image:${key}`);
  }
  return places;
}
