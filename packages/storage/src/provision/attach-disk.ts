import type { Transaction } from '../catalog/catalog.js';
import { type ExportedNode, nodes, schedules, snapshotKey, trash } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { Iqn, MacAddress, NodeName } from '../names.js';
import type { ConflictPolicy } from '../sessions/conflict-policy.js';
import type { Intended } from './intents.js';
import type { OperationServices } from './operation-services.js';
import { nodeResource } from './resources.js';
import { putPolicy } from './provision-node.js';
import { refuseOtherTarget } from './provision-request.js';
import { hasDisk, nodeOfDisk, noSuchDisk } from './trash.js';

export interface AttachRequest {
  readonly diskId: string;
  readonly node: NodeName;
  readonly initiator?: Iqn | undefined;
  /** The network card that may have the boot script. */
  readonly mac?: MacAddress | undefined;
  /** What is done when several machines log in. */
  readonly onConflict?: ConflictPolicy | undefined;
}

/**
 * Attaches a kept disk to a node that has none, with a new target and secret: to the node that it was kept for or to
 * another, which owns it from then on. The snapshots stay with the node that they were taken of. Steps: write the
 * intent; export; write that it is ready. Failed or cut short, it is undone: the disk is kept for the same node as
 * before. Equal parameters return the same.
 *
 * @throws RpcError `DISK_NOT_FOUND`, `DISK_ATTACHED`, `NODE_EXISTS`, `INITIATOR_IN_USE`, `MAC_IN_USE`, `OPERATION_PENDING`,
 *   what the target host throws
 */
export async function attachDisk(
  services: OperationServices,
  request: AttachRequest,
  signal: AbortSignal,
): Promise<ExportedNode> {
  const { intents, catalog, exports, log } = services;
  const { diskId, node } = request;
  const holder = await requireHolder(services, diskId);
  return await intents.run(
    {
      resources: [nodeResource(node), nodeResource(holder)],
      kind: 'attach',
      parameters: request,
      intend: (tx) => intend(tx, services, request),
      carryOut: async ({ disk, target }) => {
        await exports.sync(node);
        const ready: ExportedNode = { node, disk, target, state: 'ready' };
        await catalog.transact(async (tx) => {
          tx.put(nodes, node, ready);
          for (const { key } of holder === node ? [] : await tx.list(schedules, snapshotKey(holder, ''))) {
            tx.delete(schedules, key);
          }
        });
        log.info('attached a kept disk', { node, diskId, from: holder });
        return ready;
      },
    },
    signal,
  );
}

async function requireHolder({ catalog }: OperationServices, diskId: string): Promise<NodeName> {
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

async function intend(
  tx: Transaction,
  { naming, admission, claims }: OperationServices,
  request: AttachRequest,
): Promise<Intended<ExportedNode, ExportedNode>> {
  const { diskId, node, mac, onConflict } = request;
  const initiator = request.initiator ?? naming.initiatorOf(node);
  const holder = await nodeOfDisk(tx, diskId);
  if (holder === undefined) {
    throw noSuchDisk(diskId);
  }
  if (holder.node === node && holder.state === 'ready') {
    refuseOtherTarget(holder, initiator, mac);
    return { done: putPolicy(tx, holder, onConflict) };
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
  await admission.requireQuota(tx, { node, from: holder.node, disks: 1, bytes });
  const target = await claims.claimNew(tx, node, diskId, { initiator, mac, onConflict });
  const intent: ExportedNode = { node, disk: holder.disk, target, state: 'attaching', from: holder.node };
  tx.put(nodes, node, intent);
  if (holder.node !== node) {
    tx.delete(nodes, holder.node);
  }
  return { carryOut: intent };
}
