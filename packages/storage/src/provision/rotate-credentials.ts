import { type ExportedNode, nodes } from '../catalog/tables.js';
import { type NodeName } from '../names.js';
import { newChapAccount } from './naming.js';
import { refuseConnected, requireReadyNode } from './node-lookup.js';
import { nodeThing, type Parts } from './parts.js';
import { settleNode } from './settle-node.js';

/**
 * Gives a node's target a new CHAP secret. An initiator that is connected is cut off, and cannot come back with the
 * old secret; so it is refused then, unless `force`. Steps: write the new secret; set it, with the target offline
 * meanwhile; write that it is ready. Cut short, it is finished.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED`, `DISK_IN_USE`, `OPERATION_PENDING`, what the target host throws
 */
export function rotateCredentials(
  parts: Parts,
  node: NodeName,
  force: boolean,
  signal: AbortSignal,
): Promise<ExportedNode> {
  const { operations, catalog, log } = parts;
  const work = { thing: nodeThing(node), kind: 'rotate_credentials', parameters: { force } };
  return operations.run(work, signal, async () => {
    await settleNode(parts, node);
    if (!force) {
      const why = 'rotating cuts it off until it has the new secret; pass --force to do that';
      await refuseConnected(parts, await requireReadyNode(catalog, node), why);
    }
    await catalog.transact(async (tx) => {
      const { disk, target, ...rest } = await requireReadyNode(tx, node);
      const chap = newChapAccount(disk.id);
      tx.put(nodes, node, { ...rest, disk, target: { ...target, chap }, state: 'rotating' });
    });
    await settleNode(parts, node);
    log.info('a node has a new secret', { node });
    return await requireReadyNode(catalog, node);
  });
}
