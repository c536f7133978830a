import { type ExportedNode, nodes } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type NodeName } from '../names.js';
import { exactSize, wholeSectors } from './disk-size.js';
import { requireReadyNode } from './node-lookup.js';
import { nodeThing, type Parts } from './parts.js';
import { settleAfterFailure } from './settle-after-failure.js';
import { diskVolume, settleNode } from './settle-node.js';

/**
 * Makes a node's disk larger, also while the node uses it: its session is cut for about a second, and a new login sees
 * the new size. The same size again changes nothing. Steps: write the decision; grow the file; show it to the
 * initiator anew; write that it is ready. Cut short before the file has grown it is undone, afterwards finished.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED`, `SIZE_TOO_SMALL`, `OPERATION_PENDING`, what the pool and the
 *   target host throw
 */
export function resizeDisk(
  parts: Parts,
  node: NodeName,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<ExportedNode> {
  const { operations, catalog, pool, log } = parts;
  const growToBytes = wholeSectors(sizeBytes);
  const work = { thing: nodeThing(node), kind: 'resize', parameters: { growToBytes } };
  return operations.run(work, signal, async () => {
    await settleNode(parts, node);
    const before = await catalog.transact(async (tx) => {
      const record = await requireReadyNode(tx, node);
      refuseShrinking(record, growToBytes);
      if (growToBytes > record.disk.sizeBytes) {
        const bytes = growToBytes - record.disk.sizeBytes;
        await parts.admission.requireQuota(tx, { node, disks: 0, bytes });
        tx.put(nodes, node, { ...record, state: 'growing', growToBytes });
      }
      return record;
    });
    if (growToBytes === before.disk.sizeBytes) {
      return before;
    }
    try {
      await pool.ensureSize(diskVolume(before.disk), growToBytes);
      await settleNode(parts, node);
    } catch (error) {
      await settleAfterFailure(log, nodeThing(node), () => settleNode(parts, node));
      throw error;
    }
    log.info('a disk has grown', { node, diskId: before.disk.id, sizeBytes: growToBytes });
    return await requireReadyNode(catalog, node);
  });
}

function refuseShrinking({ node, disk: { sizeBytes } }: ExportedNode, askedBytes: number): void {
  if (askedBytes < sizeBytes) {
    throw storageError(
      'SIZE_TOO_SMALL',
      `the disk of node "${node}" has ${exactSize(sizeBytes)}, and disks only grow; ask for more than that, not ${exactSize(askedBytes)}`,
      { details: { node, sizeBytes: askedBytes, smallestBytes: sizeBytes } },
    );
  }
}
