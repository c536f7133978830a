import type { Transaction } from '../catalog/catalog.js';
import {
  type DiskRecord,
  type NodeIn,
  type NodeRecord,
  nodes,
  schedules,
  snapshotKey,
  trash,
} from '../catalog/tables.js';
import type { VolumeRef } from '../disks/volume-pool.js';
import type { Outcome, RecoveryServices } from './recovery-services.js';

/*
 * The steps by which nodes come to rest. Each can be repeated, so that it does not matter where an earlier try was cut
 * short. Which states they belong to, node-states.ts says.
 */

export function diskVolume({ id }: Pick<DiskRecord, 'id'>): VolumeRef {
  return { kind: 'disk', id };
}

export function stagedVolume({ stagedId }: { readonly stagedId: string }): VolumeRef {
  return { kind: 'disk', id: stagedId };
}

/** Shows a file that has grown to the initiator, or takes the decision to grow it back. */
export async function finishGrowing(
  services: RecoveryServices,
  record: NodeIn<'growing'>,
  outcome: Outcome,
): Promise<void> {
  const { growToBytes, disk, ...rest } = record;
  if (outcome === 'rolled-back') {
    await putNode(services, { ...rest, disk, state: 'ready' });
    return;
  }
  await services.exports.reopen(record.node);
  const { grownFromBytes = disk.sizeBytes } = disk;
  await putNode(services, {
    ...rest,
    disk: { ...disk, sizeBytes: growToBytes, grownFromBytes },
    state: 'ready',
  });
}

/** Puts the other file in the place of the disk's, if it is whole, and exports the disk again. */
export async function finishReplacing(
  services: RecoveryServices,
  record: NodeIn<'replacing'>,
): Promise<void> {
  const { node, disk, target, movedFrom } = record;
  await services.pool.ensureReplaced(diskVolume(disk), stagedVolume(record));
  const rest = { node, disk, movedFrom };
  await putNode(
    services,
    target === undefined ? { ...rest, state: 'detached' } : { ...rest, target, state: 'ready' },
  );
  await services.exports.sync(node);
}

/** Removes the export and keeps the disk, for the node that it was kept for before if there was one. */
export async function finishDetaching(
  { catalog, exports, claims }: RecoveryServices,
  record: NodeIn<'attaching' | 'detaching'>,
): Promise<void> {
  const { node, disk, movedFrom, from = node } = record;
  await exports.sync(node);
  await catalog.transact(async (tx) => {
    const goesBack = from !== node && (await tx.get(nodes, from)) === undefined;
    if (goesBack) {
      tx.delete(nodes, node);
      tx.put(nodes, from, { node: from, disk, state: 'detached' });
    } else {
      tx.put(nodes, node, { node, disk, movedFrom, state: 'detached' });
    }
    claims.release(tx, record);
  });
}

/** Removes the export and puts the disk into the trash. */
export async function finishTrashing(
  { catalog, exports, claims, serviceTime, clock }: RecoveryServices,
  record: NodeIn<'trashing'>,
): Promise<void> {
  const { node, disk, untilMs } = record;
  const trashedAtMs = clock.now();
  const { keepMs = Math.max(0, untilMs - trashedAtMs) } = record;
  await exports.sync(node);
  const dueMs = (await serviceTime.nowMs()) + keepMs;
  await catalog.transact(async (tx) => {
    await forgetNode(tx, claims, record);
    tx.put(trash, disk.id, { node, disk, untilMs, trashedAtMs, dueMs, state: 'trashed' });
  });
}

export async function finishDeleting(
  { catalog, pool, exports, claims }: RecoveryServices,
  record: NodeRecord,
): Promise<void> {
  await exports.sync(record.node);
  await pool.ensureRemoved(diskVolume(record.disk));
  await catalog.transact((tx) => forgetNode(tx, claims, record));
}

/** Forgets a node and all that hangs on its name, except its snapshots. */
export async function forgetNode(
  tx: Transaction,
  claims: RecoveryServices['claims'],
  record: NodeRecord,
): Promise<void> {
  tx.delete(nodes, record.node);
  claims.release(tx, record);
  for (const { key } of await tx.list(schedules, snapshotKey(record.node, ''))) {
    tx.delete(schedules, key);
  }
}

/** Reports whether the file of a disk has reached the size that it is to grow to. */
export async function hasGrown(
  { pool }: RecoveryServices,
  { disk, growToBytes }: NodeIn<'growing'>,
): Promise<boolean> {
  const stat = await pool.stat(diskVolume(disk));
  return stat !== undefined && stat.sizeBytes >= growToBytes;
}

export function putNode({ catalog }: Pick<RecoveryServices, 'catalog'>, record: NodeRecord): Promise<void> {
  return catalog.transact((tx) => {
    tx.put(nodes, record.node, record);
  });
}
