import { randomUUID } from 'node:crypto';

import type { Transaction } from '../catalog/catalog.js';
import { type NodeIn, nodes, type SnapshotRecord, targetOf } from '../catalog/tables.js';
import type { VolumeRef } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import type { NodeName, SnapshotName } from '../names.js';
import { refuseConnected, requireNodeAtRest } from './node-lookup.js';
import type { OperationServices } from './operation-services.js';
import { stagedVolume } from './node-recovery.js';
import { sourceOf } from './provision-node.js';
import { nodeResource } from './resources.js';
import { requireSnapshot } from './snapshot-lookup.js';

/*
 * The content of a node's disk is replaced by that of another volume; names, size and secret stay. Steps: write the
 * intent; remove the export; clone; put the clone in the disk's place; write that it is at rest; export. Failed or cut
 * short before the clone is whole it is undone, afterwards finished.
 */

type Replacing = NodeIn<'replacing'>;

/**
 * Puts a node's disk back to what it was when a snapshot was taken; what was written since is lost. A disk that has
 * grown since keeps its size. The node must be detached (its disk kept) or not connected.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_OF_OTHER_DISK`, `DISK_IN_USE`,
 *   `OPERATION_PENDING`, what the pool and the target host throw
 */
export function restoreSnapshot(
  services: OperationServices,
  node: NodeName,
  name: SnapshotName,
  signal: AbortSignal,
): Promise<SnapshotRecord> {
  const { intents, catalog, exports, log } = services;
  return intents.run<Replacing, SnapshotRecord>(
    {
      resources: [nodeResource(node)],
      kind: 'restore_snapshot',
      parameters: { name },
      check: async () => {
        const record = await requireNodeAtRest(catalog, node);
        requireSameDisk(record, await requireSnapshot(catalog, node, name));
        await refuseConnected(exports, record, 'shut it down first, as its disk changes under it');
      },
      intend: async (tx) => intendReplacing(tx, await requireNodeAtRest(tx, node)),
      carryOut: async (record, operation) => {
        const snapshot = await requireSnapshot(catalog, node, name);
        await replace(services, record, { kind: 'snapshot', id: snapshot.id }, operation.signal);
        log.info('restored a snapshot', { node, snapshot: name, diskId: record.disk.id });
        return snapshot;
      },
    },
    signal,
  );
}

/**
 * Clones the ephemeral disk of a node again for the boot that begins; call it whenever the boot script is fetched. It
 * does nothing while an initiator is connected, as the node may be using the disk, nor for other nodes and nodes that
 * are not ready. Reports whether the disk is fresh now.
 *
 * @throws RpcError `OPERATION_PENDING`, what the pool and the target host throw; the disk stays as it was then
 */
export async function freshenDisk(
  services: OperationServices,
  node: NodeName,
  signal: AbortSignal,
): Promise<boolean> {
  const { intents, catalog, exports, log } = services;
  if ((await catalog.get(nodes, node))?.disk.ephemeral !== true) {
    return false; // other nodes boot also while an operation is under way on them
  }
  let isConnected = false;
  return await intents.run<Replacing, boolean>(
    {
      resources: [nodeResource(node)],
      kind: 'freshen',
      parameters: {},
      check: async () => {
        const record = await catalog.get(nodes, node);
        isConnected = record !== undefined && (await exports.isConnected(record));
      },
      intend: async (tx) => {
        const record = await tx.get(nodes, node);
        return record?.state !== 'ready' || isConnected ? { done: false } : intendReplacing(tx, record);
      },
      carryOut: async (record, operation) => {
        await replace(services, record, sourceOf(record.disk), operation.signal);
        log.info('cloned an ephemeral disk again', { node, diskId: record.disk.id });
        return true;
      },
    },
    signal,
  );
}

function intendReplacing(
  tx: Transaction,
  record: NodeIn<'ready' | 'detached'>,
): { readonly carryOut: Replacing } {
  const { node, disk, movedFrom } = record;
  const target = targetOf(record);
  const replacing: Replacing = { node, disk, movedFrom, target, state: 'replacing', stagedId: randomUUID() };
  tx.put(nodes, node, replacing);
  return { carryOut: replacing };
}

async function replace(
  { intents, pool, exports }: OperationServices,
  record: Replacing,
  source: VolumeRef,
  signal: AbortSignal,
): Promise<void> {
  await exports.sync(record.node);
  await pool.ensureCloned(source, stagedVolume(record), { sizeBytes: record.disk.sizeBytes, signal });
  await intents.recover([nodeResource(record.node)]);
}

function requireSameDisk({ node, disk }: NodeIn<'ready' | 'detached'>, snapshot: SnapshotRecord): void {
  const { name, diskId } = snapshot;
  if (diskId !== disk.id) {
    throw storageError(
      'SNAPSHOT_OF_OTHER_DISK',
      `snapshot "${name}" is of a disk that node "${node}" had before; provision a node from it instead`,
      { details: { node, snapshot: name, diskId } },
    );
  }
}
