import {
  images,
  initiators,
  nodes,
  type NodeRecord,
  snapshotKey,
  snapshots,
  targetOf,
  tidKey,
  tids,
} from '../catalog/tables.js';
import { type Transaction } from '../catalog/catalog.js';
import { type Parts } from './parts.js';

/** What settling a record came to. */
export type Settled = 'nothing' | 'finished' | 'rolled-back';

type SettleParts = Pick<Parts, 'catalog' | 'pool' | 'exports'>;

/*
 * Brings a record that an operation left half way to rest. Nobody was told of what is `creating` or
 * `attaching`, so that is undone; what is `detaching` or `deleting` was decided, so that is finished.
 *
 * | record   | state     | settling                                                                       |
 * |----------|-----------|--------------------------------------------------------------------------------|
 * | image    | creating  | remove the file, forget the image                                              |
 * | image    | deleting  | the same                                                                       |
 * | snapshot | creating  | remove the file, forget the snapshot                                           |
 * | snapshot | deleting  | the same                                                                       |
 * | node     | creating  | become deleting, then as that                                                  |
 * | node     | attaching | become detaching, then as that                                                 |
 * | node     | detaching | remove the export, give up target id and initiator, become detached            |
 * | node     | deleting  | remove the export, remove the disk's file, forget node, target id, initiator   |
 *
 * `ready` and `detached` are at rest. The caller holds the operation on the record's thing.
 */

/** Settles an image. */
export async function settleImage({ catalog, pool }: SettleParts, name: string): Promise<Settled> {
  const record = await catalog.get(images, name);
  if (record === undefined || record.state === 'ready') {
    return 'nothing';
  }
  await pool.ensureRemoved({ kind: 'image', id: record.id });
  await catalog.transact((tx) => {
    tx.delete(images, name);
  });
  return record.state === 'deleting' ? 'finished' : 'rolled-back';
}

/** Settles a snapshot. */
export async function settleSnapshot(
  { catalog, pool }: SettleParts,
  node: string,
  name: string,
): Promise<Settled> {
  const key = snapshotKey(node, name);
  const record = await catalog.get(snapshots, key);
  if (record === undefined || record.state === 'ready') {
    return 'nothing';
  }
  await pool.ensureRemoved({ kind: 'snapshot', id: record.id });
  await catalog.transact((tx) => {
    tx.delete(snapshots, key);
  });
  return record.state === 'deleting' ? 'finished' : 'rolled-back';
}

/** Settles a node. */
export async function settleNode(parts: SettleParts, node: string): Promise<Settled> {
  const record = await parts.catalog.get(nodes, node);
  switch (record?.state) {
    case undefined:
    case 'ready':
    case 'detached':
      return 'nothing';
    case 'creating':
      await decide(parts, { ...record, state: 'deleting' });
      await finishDeleting(parts, record);
      return 'rolled-back';
    case 'attaching':
      await decide(parts, { ...record, state: 'detaching' });
      await finishDetaching(parts, record);
      return 'rolled-back';
    case 'detaching':
      await finishDetaching(parts, record);
      return 'finished';
    case 'deleting':
      await finishDeleting(parts, record);
      return 'finished';
  }
}

function decide({ catalog }: SettleParts, record: NodeRecord): Promise<void> {
  return catalog.transact((tx) => {
    tx.put(nodes, record.node, record);
  });
}

async function finishDetaching({ catalog, exports }: SettleParts, record: NodeRecord): Promise<void> {
  await exports.sync(record.node);
  await catalog.transact((tx) => {
    tx.put(nodes, record.node, { node: record.node, disk: record.disk, state: 'detached' });
    releaseTarget(tx, record);
  });
}

async function finishDeleting({ catalog, pool, exports }: SettleParts, record: NodeRecord): Promise<void> {
  await exports.sync(record.node);
  await pool.ensureRemoved({ kind: 'disk', id: record.disk.id });
  await catalog.transact((tx) => {
    tx.delete(nodes, record.node);
    releaseTarget(tx, record);
  });
}

function releaseTarget(tx: Transaction, record: NodeRecord): void {
  const target = targetOf(record);
  if (target !== undefined) {
    tx.delete(tids, tidKey(target.tid));
    tx.delete(initiators, target.initiator);
  }
}
