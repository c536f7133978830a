import {
  type DiskRecord,
  type NodeIn,
  type NodeRecord,
  nodes,
  schedules,
  snapshotKey,
  trash,
} from '../catalog/tables.js';
import { type Transaction } from '../catalog/catalog.js';
import { type VolumeRef } from '../disks/volume-pool.js';
import { type Settled, type SettleParts } from './settle.js';
import { releaseTarget } from './target-claims.js';

/*
 * Brings a node that an operation left half way to rest. Nobody was told of what is `creating` or `attaching`, so that
 * is undone; everything else was decided, so that it is finished where it can be.
 *
 * | state     | settling                                                                                         |
 * |-----------|--------------------------------------------------------------------------------------------------|
 * | creating  | become deleting, then as that                                                                    |
 * | attaching | remove the export, give up target id, initiator and MAC, become detached, of the node that it was kept |
 * |           | for, unless that has a disk by now                                                               |
 * | rotating  | export with the new secret, become ready                                                         |
 * | growing   | where the file has grown: show it to the initiator, become ready; else become ready as it was    |
 * | replacing | where the other file is whole: put it in place; become what it was before, export                |
 * | detaching | remove the export, give up target id, initiator and MAC, become detached                              |
 * | trashing  | remove the export, put the disk into the trash, forget node, target id, initiator, MAC            |
 * | deleting  | remove the export, remove the disk's file, forget node, target id, initiator, MAC                |
 *
 * `ready` and `detached` are at rest. The caller holds the operation on the node.
 */
export async function settleNode(parts: SettleParts, node: string): Promise<Settled> {
  const record = await parts.catalog.get(nodes, node);
  switch (record?.state) {
    case undefined:
    case 'ready':
    case 'detached':
      return 'nothing';
    case 'creating':
      await put(parts, { ...record, state: 'deleting' });
      await finishDeleting(parts, record);
      return 'rolled-back';
    case 'attaching':
      await put(parts, { ...record, state: 'detaching' });
      await finishDetaching(parts, record);
      return 'rolled-back';
    case 'rotating':
      await parts.exports.sync(node);
      await put(parts, { ...record, state: 'ready' });
      return 'finished';
    case 'growing':
      return await settleGrowing(parts, record);
    case 'replacing':
      return await settleReplacing(parts, record);
    case 'detaching':
      await finishDetaching(parts, record);
      return 'finished';
    case 'trashing':
      await finishTrashing(parts, record);
      return 'finished';
    case 'deleting':
      await finishDeleting(parts, record);
      return 'finished';
  }
}

/** Says what settling a node comes to, without doing it. */
export async function foreseeNode({ pool }: SettleParts, record: NodeRecord): Promise<Settled> {
  switch (record.state) {
    case 'ready':
    case 'detached':
      return 'nothing';
    case 'creating':
    case 'attaching':
      return 'rolled-back';
    case 'growing':
      return (await hasGrown(pool, record)) ? 'finished' : 'rolled-back';
    case 'replacing':
      return (await pool.stat(stagedVolume(record))) === undefined ? 'rolled-back' : 'finished';
    case 'rotating':
    case 'detaching':
    case 'trashing':
    case 'deleting':
      return 'finished';
  }
}

/** Gives the volume of a disk. */
export function diskVolume({ id }: Pick<DiskRecord, 'id'>): VolumeRef {
  return { kind: 'disk', id };
}

/** Gives the volume that shall take the place of a disk's. */
export function stagedVolume({ stagedId }: { readonly stagedId: string }): VolumeRef {
  return { kind: 'disk', id: stagedId };
}

/** Forgets a node and all that hangs on its name, but its snapshots. */
export async function forgetNode(
  tx: Transaction,
  parts: Pick<SettleParts, 'allocator'>,
  record: NodeRecord,
): Promise<void> {
  tx.delete(nodes, record.node);
  releaseTarget(tx, parts, record);
  for (const { key } of await tx.list(schedules, snapshotKey(record.node, ''))) {
    tx.delete(schedules, key);
  }
}

async function settleGrowing(parts: SettleParts, record: NodeIn<'growing'>): Promise<Settled> {
  const { growToBytes, disk, ...rest } = record;
  if (!(await hasGrown(parts.pool, record))) {
    await put(parts, { ...rest, disk, state: 'ready' });
    return 'rolled-back';
  }
  await parts.exports.reopen(record.node);
  const { grownFromBytes = disk.sizeBytes } = disk;
  await put(parts, { ...rest, disk: { ...disk, sizeBytes: growToBytes, grownFromBytes }, state: 'ready' });
  return 'finished';
}

async function settleReplacing(parts: SettleParts, record: NodeIn<'replacing'>): Promise<Settled> {
  const { node, disk, target, movedFrom } = record;
  const settled = await foreseeNode(parts, record);
  await parts.pool.ensureReplaced(diskVolume(disk), stagedVolume(record));
  const rest = { node, disk, movedFrom };
  await put(
    parts,
    target === undefined ? { ...rest, state: 'detached' } : { ...rest, target, state: 'ready' },
  );
  await parts.exports.sync(node);
  return settled;
}

async function finishDetaching(parts: SettleParts, record: NodeIn<'attaching' | 'detaching'>): Promise<void> {
  const { catalog, exports } = parts;
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
    releaseTarget(tx, parts, record);
  });
}

async function finishTrashing(parts: SettleParts, record: NodeIn<'trashing'>): Promise<void> {
  const { catalog, exports, clock } = parts;
  const { node, disk, untilMs } = record;
  await exports.sync(node);
  await catalog.transact(async (tx) => {
    await forgetNode(tx, parts, record);
    tx.put(trash, disk.id, { node, disk, untilMs, trashedAtMs: clock.now(), state: 'trashed' });
  });
}

async function finishDeleting(parts: SettleParts, record: NodeRecord): Promise<void> {
  const { catalog, pool, exports } = parts;
  await exports.sync(record.node);
  await pool.ensureRemoved(diskVolume(record.disk));
  await catalog.transact((tx) => forgetNode(tx, parts, record));
}

async function hasGrown(
  pool: SettleParts['pool'],
  { disk, growToBytes }: NodeIn<'growing'>,
): Promise<boolean> {
  const stat = await pool.stat(diskVolume(disk));
  return stat !== undefined && stat.sizeBytes >= growToBytes;
}

function put({ catalog }: SettleParts, record: NodeRecord): Promise<void> {
  return catalog.transact((tx) => {
    tx.put(nodes, record.node, record);
  });
}
