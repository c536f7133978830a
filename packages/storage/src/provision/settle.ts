import { images, snapshotKey, snapshots, trash } from '../catalog/tables.js';
import { type Parts } from './parts.js';

/** What settling a record came to. */
export type Settled = 'nothing' | 'finished' | 'rolled-back';

/** What settling of volumes alone works with. */
export type VolumeParts = Pick<Parts, 'catalog' | 'pool'>;

/** What settling works with. */
export type SettleParts = Pick<Parts, 'catalog' | 'pool' | 'exports' | 'allocator' | 'clock'>;

/*
 * Brings a record that an operation left half way to rest. Nobody was told of what is `creating`, so that is undone;
 * what is `deleting` was decided, so that is finished. For nodes see settle-node.ts.
 *
 * | record   | state     | settling                              |
 * |----------|-----------|---------------------------------------|
 * | image    | creating  | remove the file, forget the image     |
 * | image    | deleting  | the same                              |
 * | snapshot | creating  | remove the file, forget the snapshot  |
 * | snapshot | deleting  | the same                              |
 * | trash    | deleting  | remove the disk's file, forget it     |
 *
 * An image is `creating` while it is imported, copied, or made from a snapshot. Its renaming and its tags are one
 * commit each, with nothing to settle. The caller holds the operation on the record's thing.
 */

/** Settles an image. */
export async function settleImage({ catalog, pool }: VolumeParts, name: string): Promise<Settled> {
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
  { catalog, pool }: VolumeParts,
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

/** Settles a disk in the trash. */
export async function settleTrashed({ catalog, pool }: VolumeParts, diskId: string): Promise<Settled> {
  const record = await catalog.get(trash, diskId);
  if (record?.state !== 'deleting') {
    return 'nothing';
  }
  await pool.ensureRemoved({ kind: 'disk', id: diskId });
  await catalog.transact((tx) => {
    tx.delete(trash, diskId);
  });
  return 'finished';
}
