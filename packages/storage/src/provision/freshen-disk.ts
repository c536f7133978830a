import { nodes } from '../catalog/tables.js';
import { type NodeName } from '../names.js';
import { nodeThing, type Parts } from './parts.js';
import { sourceOf } from './provision-node.js';
import { replaceDisk } from './replace-disk.js';
import { settleNode } from './settle-node.js';

/**
 * Gives a node whose disk is ephemeral a fresh clone for the boot that begins: to be called whenever its boot script is
 * fetched. It does nothing while an initiator is connected, as the node may be using the disk, nor for other nodes and
 * nodes that are not ready. Says whether the disk is fresh now. Steps: those of `replaceDisk`.
 *
 * @throws RpcError `OPERATION_PENDING`, what the pool and the target host throw; the disk is as it was then
 */
export async function freshenDisk(parts: Parts, node: NodeName, signal: AbortSignal): Promise<boolean> {
  const { operations, catalog, exports, log } = parts;
  if ((await catalog.get(nodes, node))?.disk.ephemeral !== true) {
    return false; // other nodes boot also while an operation is under way on them
  }
  const work = { thing: nodeThing(node), kind: 'freshen', parameters: {} };
  return await operations.run(work, signal, async (operation) => {
    await settleNode(parts, node);
    const record = await catalog.get(nodes, node);
    if (record?.state !== 'ready' || (await exports.isConnected(record))) {
      return false;
    }
    await replaceDisk(parts, record, sourceOf(record.disk), operation);
    log.info('an ephemeral disk was cloned anew', { node, diskId: record.disk.id });
    return true;
  });
}
