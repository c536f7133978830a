import { type CatalogReader } from '../catalog/catalog.js';
import { diskRecord, type NodeRecord, nodes, trash, type TrashRecord } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type NodeName } from '../names.js';
import { onBoth } from './both-things.js';
import { diskThing, nodeThing, type Parts } from './parts.js';
import { settleTrashed } from './settle.js';
import { settleNode } from './settle-node.js';

/**
 * Takes a disk out of the trash: it is kept for the node that it was of, or for another that has no disk, as after
 * `detach_node --keep-disk`. It is no longer ephemeral, as it was wanted for what is on it. It is one commit. Fine
 * when a node has the disk already.
 *
 * @throws RpcError `DISK_NOT_FOUND`, `NODE_EXISTS`, `OPERATION_PENDING`
 */
export async function restoreFromTrash(
  parts: Parts,
  diskId: string,
  asked: NodeName | undefined,
  signal: AbortSignal,
): Promise<NodeRecord> {
  const { operations, catalog, admission, log } = parts;
  const node = asked ?? (await catalog.get(trash, diskId))?.node ?? (await nodeOfDisk(catalog, diskId))?.node;
  if (node === undefined) {
    throw noSuchDisk(diskId);
  }
  const things = [diskThing(diskId), nodeThing(node)] as const;
  return await onBoth(operations, { things, kind: 'restore', parameters: {} }, signal, async () => {
    await settleNode(parts, node);
    await settleTrashed(parts, diskId);
    return await catalog.transact(async (tx) => {
      const present = await tx.get(nodes, node);
      if (present?.disk.id === diskId) {
        return present;
      }
      const trashed = await tx.get(trash, diskId);
      if (trashed === undefined) {
        throw noSuchDisk(diskId);
      }
      if (present !== undefined) {
        throw hasDisk(present, 'name another node with --node');
      }
      // The bytes are counted already for whose trash it is in.
      const bytes = trashed.disk.sizeBytes;
      await admission.requireQuota(tx, { node, disks: 1, bytes: 0 });
      await admission.requireQuota(tx, { node, from: trashed.node, disks: 1, bytes });
      const disk = diskRecord.omit({ ephemeral: true }).parse(trashed.disk);
      const restored: NodeRecord = { node, disk, state: 'detached' };
      tx.put(nodes, node, restored);
      tx.delete(trash, diskId);
      log.info('a disk was taken out of the trash', { node, diskId });
      return restored;
    });
  });
}

/**
 * Deletes a disk that is in the trash; fine when it is not there, and says whether it was. Steps: write the decision;
 * remove the file; forget the disk. Cut short, it is finished.
 *
 * @throws RpcError `OPERATION_PENDING`, what the pool throws
 */
export function deleteTrashed(parts: Parts, diskId: string, signal: AbortSignal): Promise<boolean> {
  const { operations, log } = parts;
  const work = { thing: diskThing(diskId), kind: 'delete', parameters: {} };
  return operations.run(work, signal, async () => {
    const found = await decideDeleting(parts, diskId, () => true);
    await settleTrashed(parts, diskId);
    if (found) {
      log.info('a disk in the trash was deleted', { diskId });
    }
    return found;
  });
}

/** Deletes a disk in the trash whose time has passed. The caller holds the operation on the disk. */
export async function expireTrashed(parts: Parts, diskId: string): Promise<boolean> {
  const nowMs = parts.clock.now();
  const found = await decideDeleting(parts, diskId, ({ untilMs }) => untilMs <= nowMs);
  await settleTrashed(parts, diskId);
  return found;
}

/** Finds the node that has a disk, attached or kept. */
export async function nodeOfDisk(reader: CatalogReader, diskId: string): Promise<NodeRecord | undefined> {
  return (await reader.list(nodes)).map(({ value }) => value).find(({ disk }) => disk.id === diskId);
}

/** Makes the `DISK_NOT_FOUND` of an id. */
export function noSuchDisk(diskId: string): Error {
  return storageError('DISK_NOT_FOUND', `no disk ${diskId} is kept or in the trash; see list_disks`, {
    details: { diskId },
  });
}

/** Makes the `NODE_EXISTS` of a node that cannot take another disk. */
export function hasDisk({ node, disk, state }: NodeRecord, advice: string): Error {
  return storageError('NODE_EXISTS', `node "${node}" has a disk already; ${advice}`, {
    details: { disk: { node, diskId: disk.id, state } },
  });
}

function decideDeleting(
  { catalog }: Pick<Parts, 'catalog'>,
  diskId: string,
  shall: (record: TrashRecord) => boolean,
): Promise<boolean> {
  return catalog.transact(async (tx) => {
    const record = await tx.get(trash, diskId);
    if (record === undefined || !shall(record)) {
      return false;
    }
    tx.put(trash, diskId, { ...record, state: 'deleting' });
    return true;
  });
}
