import { randomUUID } from 'node:crypto';

import { type NodeIn, nodes, targetOf } from '../catalog/tables.js';
import { type OperationContext } from '../concurrency/operation.js';
import { type VolumeRef } from '../disks/volume-pool.js';
import { nodeThing, type Parts } from './parts.js';
import { settleAfterFailure } from './settle-after-failure.js';
import { settleNode, stagedVolume } from './settle-node.js';

/**
 * Gives the disk of a node at rest the content of another volume; its names, size and secret stay. Steps: write the
 * intent; remove the export; clone; put the clone in the disk's place; write that it is at rest; export. Failed or cut
 * short before the clone is whole it is undone, afterwards finished. The caller holds the operation on the node.
 *
 * @throws RpcError what the pool and the target host throw
 */
export async function replaceDisk(
  parts: Parts,
  record: NodeIn<'ready' | 'detached'>,
  source: VolumeRef,
  { signal }: Pick<OperationContext<never>, 'signal'>,
): Promise<void> {
  const { catalog, pool, exports, log } = parts;
  const { node, disk, movedFrom } = record;
  const stagedId = randomUUID();
  try {
    await catalog.transact((tx) => {
      tx.put(nodes, node, { node, disk, movedFrom, target: targetOf(record), state: 'replacing', stagedId });
    });
    await exports.sync(node);
    await pool.ensureCloned(source, stagedVolume({ stagedId }), { sizeBytes: disk.sizeBytes, signal });
    await settleNode(parts, node);
  } catch (error) {
    await settleAfterFailure(log, nodeThing(node), () => settleNode(parts, node));
    throw error;
  }
}
