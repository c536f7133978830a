import { type ExportedNode, nodes } from '../catalog/tables.js';
import type { NodeName } from '../names.js';
import { newChapAccount } from './naming.js';
import { refuseConnected, requireReadyNode } from './node-lookup.js';
import type { OperationServices } from './operation-services.js';
import { nodeResource } from './resources.js';

/**
 * Sets a new CHAP secret for a node's target. A connected initiator is cut off, and cannot come back with the old
 * secret; so it is refused then, unless `force`. Steps: write the new secret; set it, with the target offline
 * meanwhile; write that it is ready. Cut short, it is finished.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED`, `DISK_IN_USE`, `OPERATION_PENDING`, what the target host throws
 */
export function rotateCredentials(
  { intents, catalog, exports, log }: OperationServices,
  node: NodeName,
  force: boolean,
  signal: AbortSignal,
): Promise<ExportedNode> {
  const resource = nodeResource(node);
  return intents.run<null, ExportedNode>(
    {
      resources: [resource],
      kind: 'rotate_credentials',
      parameters: { force },
      check: async () => {
        if (!force) {
          const why = 'rotating cuts it off until it has the new secret; pass --force to do that';
          await refuseConnected(exports, await requireReadyNode(catalog, node), why);
        }
      },
      intend: async (tx) => {
        const { disk, target, ...rest } = await requireReadyNode(tx, node);
        const chap = newChapAccount(disk.id);
        tx.put(nodes, node, { ...rest, disk, target: { ...target, chap }, state: 'rotating' });
        return { carryOut: null };
      },
      carryOut: async () => {
        await intents.recover([resource]);
        log.info('rotated the secret of a node', { node });
        return await requireReadyNode(catalog, node);
      },
    },
    signal,
  );
}
