import { randomUUID } from 'node:crypto';

import type { Transaction } from '../catalog/catalog.js';
import { type DiskRecord, type ExportedNode, type NodeIn, nodes } from '../catalog/tables.js';
import type { VolumeRef } from '../disks/volume-pool.js';
import type { ConflictPolicy } from '../sessions/conflict-policy.js';
import { checkedSize } from './disk-size.js';
import { requireImage } from './image-lookup.js';
import type { OperationServices } from './operation-services.js';
import { diskVolume, putNode } from './node-recovery.js';
import { nodeResource } from './resources.js';
import { type ProvisionRequest, refuseOtherDisk, refuseOtherTarget } from './provision-request.js';
import { findSnapshot } from './snapshot-lookup.js';

/**
 * Provisions a node with its disk. Steps: write the intent (ids, target id, names, secret); clone; export; write that it
 * is ready. Failed, abandoned or cut short, it is undone: a new disk is deleted, a kept one is kept again.
 *
 * Equal parameters return the same disk. A disk that `detach_node --keep-disk` left is taken again.
 *
 * @throws RpcError `IMAGE_NOT_FOUND`, `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_AMBIGUOUS`, `SIZE_TOO_SMALL`, `QUOTA_EXCEEDED`,
 *   `POOL_HIGH_WATER`, `NODE_EXISTS`, `INITIATOR_IN_USE`, `MAC_IN_USE`, `OPERATION_PENDING`, what the pool and the
 *   target host throw
 */
export function provisionNode(
  services: OperationServices,
  request: ProvisionRequest,
  signal: AbortSignal,
): Promise<ExportedNode> {
  const { intents, pool, exports, log } = services;
  const { node, ...parameters } = request;
  return intents.run(
    {
      resources: [nodeResource(node)],
      kind: 'provision',
      parameters,
      intend: async (tx) => ({ carryOut: await intend(tx, services, request) }),
      carryOut: async (intent, operation) => {
        if (intent.state === 'creating') {
          await pool.ensureCloned(sourceOf(intent.disk), diskVolume(intent.disk), {
            sizeBytes: intent.disk.sizeBytes,
            signal: operation.signal,
          });
        }
        await exports.sync(node);
        const ready: ExportedNode = { ...intent, state: 'ready' };
        if (intent.state !== 'ready') {
          await putNode(services, ready);
        }
        log.info('provisioned a node', { node, diskId: ready.disk.id, iqn: ready.target.iqn });
        return ready;
      },
    },
    signal,
  );
}

export function sourceOf({ snapshot, imageId }: DiskRecord): VolumeRef {
  return snapshot === undefined ? { kind: 'image', id: imageId } : { kind: 'snapshot', id: snapshot.id };
}

/** Writes the intended record, or returns the one that is there already. */
async function intend(
  tx: Transaction,
  services: OperationServices,
  request: ProvisionRequest,
): Promise<ExportedNode> {
  const { node, mac, onConflict } = request;
  const initiator = request.initiator ?? services.naming.initiatorOf(node);
  const record = await tx.get(nodes, node);
  if (record !== undefined) {
    await refuseOtherDisk(tx, record, request);
  }
  if (record?.state === 'ready') {
    refuseOtherTarget(record, initiator, mac);
    return putPolicy(tx, record, onConflict);
  }
  const disk = record?.disk ?? (await newDisk(tx, services, request));
  const target = await services.claims.claimNew(tx, node, disk.id, { initiator, mac, onConflict });
  const state = record === undefined ? 'creating' : 'attaching';
  const intent: ExportedNode = { node, disk, target, state };
  tx.put(nodes, node, intent);
  return intent;
}

/** Writes another conflict policy of a node that has its target, if one is given, and returns the node. */
export function putPolicy(
  tx: Transaction,
  record: NodeIn<'ready'>,
  onConflict: ConflictPolicy | undefined,
): ExportedNode {
  if (onConflict === undefined || record.target.onConflict === onConflict) {
    return record;
  }
  const changed = { ...record, target: { ...record.target, onConflict } };
  tx.put(nodes, record.node, changed);
  return changed;
}

async function newDisk(
  tx: Transaction,
  { intents, admission, clock }: OperationServices,
  request: ProvisionRequest,
): Promise<DiskRecord> {
  const image = await requireImage(tx, request.image, intents);
  const snapshot =
    request.snapshot === undefined ? undefined : await findSnapshot(tx, image, request.snapshot);
  const sourceSizeBytes = snapshot?.sizeBytes ?? image.content.sizeBytes;
  const sizeBytes = checkedSize(request.sizeBytes ?? sourceSizeBytes, sourceSizeBytes);
  await admission.admit(tx, { node: request.node, disks: 1, bytes: sizeBytes });
  return {
    id: randomUUID(),
    imageId: image.id,
    ...(snapshot && { snapshot: { id: snapshot.id, node: snapshot.node, name: snapshot.name } }),
    ...(request.ephemeral === true && { ephemeral: true }),
    sourceSizeBytes,
    sizeBytes,
    createdAtMs: clock.now(),
  };
}
