import { type ExportedNode, nodes } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { NodeName } from '../names.js';
import { exactSize, wholeSectors } from './disk-size.js';
import { requireReadyNode } from './node-lookup.js';
import type { OperationServices } from './operation-services.js';
import { diskVolume } from './node-recovery.js';
import { nodeResource } from './resources.js';

/**
 * Makes a node's disk larger, also while the node uses it: its session is cut for about a second, and a new login sees
 * the new size. The same size again changes nothing. Steps: write the decision; grow the file; show it to the
 * initiator again; write that it is ready. Cut short before the file has grown it is undone, afterwards finished.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED`, `SIZE_TOO_SMALL`, `OPERATION_PENDING`, what the pool and the
 *   target host throw
 */
export function resizeDisk(
  { intents, catalog, pool, admission, log }: OperationServices,
  node: NodeName,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<ExportedNode> {
  const growToBytes = wholeSectors(sizeBytes);
  const resource = nodeResource(node);
  return intents.run<ExportedNode, ExportedNode>(
    {
      resources: [resource],
      kind: 'resize',
      parameters: { growToBytes },
      intend: async (tx) => {
        const record = await requireReadyNode(tx, node);
        refuseShrinking(record, growToBytes);
        if (growToBytes === record.disk.sizeBytes) {
          return { done: record };
        }
        const bytes = growToBytes - record.disk.sizeBytes;
        await admission.requireQuota(tx, { node, disks: 0, bytes });
        tx.put(nodes, node, { ...record, state: 'growing', growToBytes });
        return { carryOut: record };
      },
      carryOut: async ({ disk }) => {
        await pool.ensureSize(diskVolume(disk), growToBytes);
        await intents.recover([resource]);
        log.info('resized a disk', { node, diskId: disk.id, sizeBytes: growToBytes });
        return await requireReadyNode(catalog, node);
      },
    },
    signal,
  );
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
