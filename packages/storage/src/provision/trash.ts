import type { CatalogReader, Transaction } from '../catalog/catalog.js';
import { diskRecord, nodes, type NodeRecord, trash, type TrashRecord } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { imageName, type NodeName } from '../names.js';
import { readImageNames } from './image-names.js';
import type { OperationServices } from './operation-services.js';
import type { Recovery } from './recovery.js';
import { diskResource, nodeResource } from './resources.js';

/**
 * Takes a disk out of the trash: it is kept for the node that it was of, or for another that has no disk, as after
 * `detach_node --keep-disk`. It is no longer ephemeral, as it was wanted for what is on it. It is one commit. Fine
 * when a node has the disk already.
 *
 * @throws RpcError `DISK_NOT_FOUND`, `NODE_EXISTS`, `OPERATION_PENDING`
 */
export async function restoreFromTrash(
  { intents, catalog, admission, log }: OperationServices,
  diskId: string,
  asked: NodeName | undefined,
  signal: AbortSignal,
): Promise<NodeRecord> {
  const node = asked ?? (await catalog.get(trash, diskId))?.node ?? (await nodeOfDisk(catalog, diskId))?.node;
  if (node === undefined) {
    throw noSuchDisk(diskId);
  }
  return await intents.commit(
    {
      resources: [diskResource(diskId), nodeResource(node)],
      kind: 'restore',
      parameters: {},
      commit: async (tx) => {
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
        await admission.requireQuota(tx, { node, disks: 1, bytes: trashed.disk.sizeBytes });
        // Its image may be gone, or be on its way.
        const image = imageName.safeParse((await readImageNames(tx))(trashed.disk)).data;
        const disk = { ...diskRecord.omit({ ephemeral: true }).parse(trashed.disk), image };
        const restored: NodeRecord = { node, disk, state: 'detached' };
        tx.put(nodes, node, restored);
        tx.delete(trash, diskId);
        log.info('restored a disk from the trash', { node, diskId });
        return restored;
      },
    },
    signal,
  );
}

/**
 * Deletes a disk that is in the trash; fine when it is not there. Reports whether it was. Steps: write the decision;
 * remove the file; forget the disk. Cut short, it is finished.
 *
 * @throws RpcError `OPERATION_PENDING`, what the pool throws
 */
export function deleteTrashed(
  { intents, log }: OperationServices,
  diskId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const resource = diskResource(diskId);
  return intents.run<null, boolean>(
    {
      resources: [resource],
      kind: 'delete',
      parameters: {},
      intend: async (tx) =>
        (await decideDeleting(tx, diskId, () => true)) ? { carryOut: null } : { done: false },
      carryOut: async () => {
        await intents.recover([resource]);
        log.info('deleted a disk in the trash', { diskId });
        return true;
      },
    },
    signal,
  );
}

/** Deletes a disk in the trash whose time has passed. The caller holds the operation on the disk. */
export async function expireTrashed(
  { catalog, serviceTime }: Pick<OperationServices, 'catalog' | 'serviceTime'>,
  recovery: Recovery,
  diskId: string,
): Promise<boolean> {
  const nowMs = await serviceTime.nowMs();
  const found = await catalog.transact((tx) =>
    decideDeleting(tx, diskId, ({ dueMs = Infinity }) => dueMs <= nowMs),
  );
  await recovery.recover(diskResource(diskId));
  return found;
}

/**
 * Deletes the disk that has been in the trash for longest, for its space; reports whether there was one. None is deleted
 * while a restore is not confirmed, as after the backup somebody may have taken it out of the trash.
 */
export async function deleteOldestTrashed(services: OperationServices): Promise<boolean> {
  if ((await services.catalog.restoredFrom()) !== undefined) {
    return false;
  }
  const trashed = (await services.catalog.list(trash)).filter(({ value }) => value.state === 'trashed');
  for (const { key, value } of trashed.sort((a, b) => a.value.trashedAtMs - b.value.trashedAtMs)) {
    if (services.intents.current(diskResource(key)) === undefined) {
      services.log.warn('deleting a disk in the trash early, as the pool needs the room', {
        node: value.node,
        diskId: key,
      });
      if (await deleteTrashed(services, key, new AbortController().signal)) {
        return true;
      }
    }
  }
  return false;
}

/** Returns the node that has a disk, attached or kept. */
export async function nodeOfDisk(reader: CatalogReader, diskId: string): Promise<NodeRecord | undefined> {
  return (await reader.list(nodes)).map(({ value }) => value).find(({ disk }) => disk.id === diskId);
}

export function noSuchDisk(diskId: string): Error {
  return storageError('DISK_NOT_FOUND', `no disk ${diskId} is kept or in the trash; see list_disks`, {
    details: { diskId },
  });
}

/** Returns the `NODE_EXISTS` of a node that cannot take another disk. */
export function hasDisk({ node, disk, state }: NodeRecord, advice: string): Error {
  return storageError('NODE_EXISTS', `node "${node}" has a disk already; ${advice}`, {
    details: { disk: { node, diskId: disk.id, state } },
  });
}

async function decideDeleting(
  tx: Transaction,
  diskId: string,
  isDue: (record: TrashRecord) => boolean,
): Promise<boolean> {
  const record = await tx.get(trash, diskId);
  if (record === undefined || !isDue(record)) {
    return false;
  }
  tx.put(trash, diskId, { ...record, state: 'deleting' });
  return true;
}
