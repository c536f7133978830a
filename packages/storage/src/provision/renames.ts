import type { Catalog, Transaction } from '../catalog/catalog.js';
import { renames, schedules, snapshotKey, snapshots } from '../catalog/tables.js';
import type { NodeName } from '../names.js';
import type { Outcome } from './recovery-services.js';

/** How many snapshots and schedules are renamed at once; each is four operations of a commit, with its events. */
const batch = 20;

/**
 * Notes that the snapshots and schedules of a node that is being renamed have to follow it, if there are any. The
 * commit that renames the node writes it, so that `finishRename` can be repeated until all have followed.
 */
export async function noteRename(tx: Transaction, from: NodeName, to: NodeName): Promise<void> {
  const within = snapshotKey(from, '');
  if ((await tx.list(snapshots, within)).length + (await tx.list(schedules, within)).length > 0) {
    tx.put(renames, from, to);
  }
}

/** Lets the snapshots and schedules of a renamed node follow it, some with each commit. Fine when all have. */
export async function finishRename(catalog: Catalog, from: string): Promise<Outcome> {
  let outcome: Outcome = 'nothing';
  while (await catalog.transact((tx) => renameSome(tx, from))) {
    outcome = 'finished';
  }
  return outcome;
}

/** Renames the next of them; reports whether there may be more to do. */
async function renameSome(tx: Transaction, from: string): Promise<boolean> {
  const to = (await tx.get(renames, from)) as NodeName | undefined;
  if (to === undefined) {
    return false;
  }
  const within = snapshotKey(from, '');
  const ofSnapshots = (await tx.list(snapshots, within)).map(({ key, value }) => () => {
    tx.delete(snapshots, key);
    tx.put(snapshots, snapshotKey(to, value.name), { ...value, node: to });
  });
  const ofSchedules = (await tx.list(schedules, within)).map(({ key, value }) => () => {
    tx.delete(schedules, key);
    tx.put(schedules, snapshotKey(to, value.name), { ...value, node: to });
  });
  const left = [...ofSnapshots, ...ofSchedules];
  for (const rename of left.slice(0, batch)) {
    rename();
  }
  if (left.length <= batch) {
    tx.delete(renames, from);
  }
  return true;
}
