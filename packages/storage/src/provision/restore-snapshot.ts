import { type SnapshotRecord } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type NodeName, type SnapshotName } from '../names.js';
import { refuseConnected, requireNodeAtRest } from './node-lookup.js';
import { nodeThing, type Parts } from './parts.js';
import { replaceDisk } from './replace-disk.js';
import { settleNode } from './settle-node.js';
import { requireSnapshot } from './snapshot-lookup.js';

/**
 * Puts a node's disk back to what it was when a snapshot was taken; what was written since is lost. A disk that has
 * grown since keeps its size. The node must be detached (its disk kept) or not connected. Steps: those of
 * `replaceDisk`.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_OF_OTHER_DISK`, `DISK_IN_USE`,
 *   `OPERATION_PENDING`, what the pool and the target host throw
 */
export function restoreSnapshot(
  parts: Parts,
  node: NodeName,
  name: SnapshotName,
  signal: AbortSignal,
): Promise<SnapshotRecord> {
  const { operations, catalog, log } = parts;
  const work = { thing: nodeThing(node), kind: 'restore_snapshot', parameters: { name } };
  return operations.run(work, signal, async (operation) => {
    await settleNode(parts, node);
    const record = await requireNodeAtRest(catalog, node);
    const snapshot = await requireSnapshot(catalog, node, name);
    if (snapshot.diskId !== record.disk.id) {
      throw storageError(
        'SNAPSHOT_OF_OTHER_DISK',
        `snapshot "${name}" is of a disk that node "${node}" had before; provision a node from it instead`,
        { details: { node, snapshot: name, diskId: snapshot.diskId } },
      );
    }
    await refuseConnected(parts, record, 'shut it down first, as its disk changes under it');
    await replaceDisk(parts, record, { kind: 'snapshot', id: snapshot.id }, operation);
    log.info('a snapshot was restored', { node, snapshot: name, diskId: record.disk.id });
    return snapshot;
  });
}
