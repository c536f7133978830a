import { differenceOf, type Found, look } from './catalog-view.js';
import type { Place, Volume } from './ledger.js';
import { nodeNames } from './likely.js';
import type { Scene } from './scene.js';
import { settle } from './check.js';

/**
 * Does what an operator does after an accident whose end needs somebody's decision: confirms a catalog that went back
 * in time, takes back the disks that were set aside, and gives up what has no file any more.
 *
 * @param wentBack whether the catalog is an older one
 * @returns what is lost
 */
export async function tidyUp(scene: Scene, wentBack: boolean): Promise<string[]> {
  const { patchbay, ledger } = scene;
  await patchbay.storage.confirm_restore();
  await settle(scene);
  const found = await look(scene);
  const lost = wentBack ? await enterWhatIsThere(scene, found) : [];
  for (const [id, kind] of found.orphans) {
    const volume = ledger.volumes.find((each) => each.id === id);
    const node = nodeNames.find((name) => ledger.at(`node:${name}`, `kept:${name}`) === undefined);
    if (volume !== undefined && kind === 'disk' && node !== undefined) {
      await patchbay.storage.adopt_orphan(`${kind}-${id}`, { node });
      ledger.move(volume, `kept:${node}`, true);
    } else {
      await patchbay.storage.delete_orphan(`${kind}-${id}`);
      if (volume !== undefined) {
        ledger.move(volume, 'gone', true);
      }
    }
  }
  return lost;
}

/** Enters the places that an older catalog has volumes in, and gives up its records of those that were deleted since. */
async function enterWhatIsThere(scene: Scene, found: Found): Promise<string[]> {
  const { ledger } = scene;
  const lost: string[] = [];
  const unnamed = new Set(
    [...found.files.keys()].filter((id) => !ledger.volumes.some((each) => each.id === id)),
  );
  for (const volume of ledger.volumes) {
    volume.id ??= await findByContents(volume, unnamed, found);
    unnamed.delete(volume.id ?? '');
    const isThere = volume.id !== undefined && found.files.has(volume.id);
    if (!isThere && !volume.places.has('gone')) {
      lost.push(`${[...volume.places].join(' or ')} (${String(volume.id)}) is lost`);
    }
    const place = isThere ? (found.places.get(volume.id ?? '') ?? 'unrecorded') : 'gone';
    volume.places = new Set([place]);
  }
  const records = [...found.places].filter(([id]) => !found.files.has(id));
  for (const kind of ['node', 'kept', 'trash', 'snapshot', 'image']) {
    for (const [id, place] of records.filter(([, each]) => each.split(':')[0] === kind)) {
      await giveUp(scene, place, id);
    }
  }
  return lost;
}

/** Finds the file of a volume that no answer named an id of, among those that nobody knows. */
async function findByContents(
  { contents, places }: Volume,
  unnamed: ReadonlySet<string>,
  { files, orphans, places: recorded }: Found,
): Promise<string | undefined> {
  const kinds = [...places].map((place) =>
    /^(?:node|kept|trash)/.test(place) ? 'disk' : place.split(':')[0],
  );
  for (const id of unnamed) {
    const kind = orphans.get(id);
    const fits = kind === undefined ? places.has(recorded.get(id) ?? '') : kinds.includes(kind);
    if (fits && (await differenceOf(files.get(id), contents)) === undefined) {
      return id;
    }
  }
  return undefined;
}

async function giveUp({ patchbay: { storage } }: Scene, place: Place, id: string): Promise<void> {
  const [kind, name = ''] = place.split(':');
  const [node = '', snapshot = ''] = name.split('@');
  switch (kind) {
    case 'node':
    case 'kept':
      await storage.detach_node(name, { now: true });
      return;
    case 'trash':
      await storage.empty_trash(id);
      return;
    case 'snapshot':
      await storage.delete_snapshot(node, snapshot);
      return;
    default:
      await storage.delete_image(name);
  }
}
