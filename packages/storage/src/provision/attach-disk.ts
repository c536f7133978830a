import { type Transaction } from '../catalog/catalog.js';
import { type ExportedNode, nodes, schedules, snapshotKey, trash } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type Iqn, type MacAddress, type NodeName } from '../names.js';
import { onBoth } from './both-things.js';
import { nodeThing, type Parts } from './parts.js';
import { refuseOtherTarget } from './same-parameters.js';
import { settleAfterFailure } from './settle-after-failure.js';
import { settleNode } from './settle-node.js';
import { claimNewTarget } from './target-claims.js';
import { hasDisk, nodeOfDisk, noSuchDisk } from './trash.js';

/** What an attach is asked for. */
export interface AttachRequest {
  readonly diskId: string;
  readonly node: NodeName;
  readonly initiator?: Iqn | undefined;
  /** The network card that may have the boot script. */
  readonly mac?: MacAddress | undefined;
}

/**
 * Gives a disk that was kept to a node that has none, with a new target and secret: to the node that it was kept for
 * or to another, whose it is from then on. The snapshots stay those of the node that they were taken of. Steps: write
 * the intent; export; write that it is ready. Failed or cut short, it is undone: the disk is kept for the node
 * that it was kept for before. The same again gives the same.
 *
 * @throws RpcError `DISK_NOT_FOUND`, `DISK_ATTACHED`, `NODE_EXISTS`, `INITIATOR_IN_USE`, `MAC_IN_USE`, `OPERATION_PENDING`,
 *   what the target host throws
 */
export async function attachDisk(
  parts: Parts,
  request: AttachRequest,
  signal: AbortSignal,
): Promise<ExportedNode> {
  const { operations, catalog, exports, log } = parts;
  const { diskId, node } = request;
  const holder = await requireHolder(parts, diskId);
  const things = [nodeThing(node), nodeThing(holder)] as const;
  return await onBoth(operations, { things, kind: 'attach', parameters: request }, signal, async () => {
    await settleNode(parts, node);
    await settleNode(parts, holder);
    const intent = await catalog.transact((tx) => intend(tx, parts, request));
    if (intent.state === 'ready') {
      return intent;
    }
    try {
      await exports.sync(node);
      const ready: ExportedNode = { node, disk: intent.disk, target: intent.target, state: 'ready' };
      await catalog.transact(async (tx) => {
        tx.put(nodes, node, ready);
        for (const { key } of holder === node ? [] : await tx.list(schedules, snapshotKey(holder, ''))) {
          tx.delete(schedules, key);
        }
      });
      log.info('a kept disk was attached', { node, diskId, from: holder });
      return ready;
    } catch (error) {
      await settleAfterFailure(log, nodeThing(node), () => settleNode(parts, node));
      throw error;
    }
  });
}

async function requireHolder({ catalog }: Parts, diskId: string): Promise<NodeName> {
  const holder = await nodeOfDisk(catalog, diskId);
  if (holder !== undefined) {
    return holder.node;
  }
  if ((await catalog.get(trash, diskId)) !== undefined) {
    throw storageError('DISK_NOT_FOUND', `disk ${diskId} is in the trash; restore_from_trash it first`, {
      details: { diskId },
    });
  }
  throw noSuchDisk(diskId);
}

async function intend(tx: Transaction, parts: Parts, request: AttachRequest): Promise<ExportedNode> {
  const { diskId, node, mac } = request;
  const initiator = request.initiator ?? parts.naming.initiatorOf(node);
  const holder = await nodeOfDisk(tx, diskId);
  if (holder === undefined) {
    throw noSuchDisk(diskId);
  }
  if (holder.node === node && holder.state === 'ready') {
    refuseOtherTarget(holder, initiator, mac);
    return holder;
  }
  if (holder.state !== 'detached') {
    throw storageError(
      'DISK_ATTACHED',
      `disk ${diskId} is attached to node "${holder.node}"; detach that node with --keep-disk first`,
      { details: { diskId, node: holder.node } },
    );
  }
  const present = await tx.get(nodes, node);
  if (present !== undefined && holder.node !== node) {
    throw hasDisk(present, 'detach it first');
  }
  const bytes = holder.disk.sizeBytes;
  await parts.admission.requireQuota(tx, { node, from: holder.node, disks: 1, bytes });
  const target = await claimNewTarget(tx, parts, { node, diskId, initiator, mac });
  const intent: ExportedNode = { node, disk: holder.disk, target, state: 'attaching', from: holder.node };
  tx.put(nodes, node, intent);
  if (holder.node !== node) {
    tx.delete(nodes, holder.node);
  }
  return intent;
}
