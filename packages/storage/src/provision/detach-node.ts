import { nodes, type NodeRecord, snapshotKey, snapshots, trash } from '../catalog/tables.js';
import type { NodeName } from '../names.js';
import type { OperationServices } from './operation-services.js';
import { nodeResource } from './resources.js';

/** What happens to the disk: it is deleted, kept for the node, or put into the trash for so many milliseconds. */
export type ReclaimPolicy =
  | { readonly kind: 'delete' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'trash'; readonly forMs: number };

export interface Detached {
  readonly node: NodeName;
  /** Whether there was something to do; false when the node was already as asked. */
  readonly detached: boolean;
  /** The disk that is kept, in the trash, or was deleted. */
  readonly diskId: string | undefined;
  readonly diskKept: boolean;
  /** Until when the disk is in the trash, in milliseconds since the Unix epoch. */
  readonly trashedUntilMs?: number;
  /** The snapshots of the node that stay until `delete_snapshot` deletes them. */
  readonly snapshots: readonly string[];
}

/**
 * Takes a node's disk away: cuts its session, removes its target, and deletes the disk, keeps it for a later
 * provision of the same node, or puts it into the trash. Steps: write the decision; remove the export; remove the file
 * (where the disk is deleted); forget, or write where the disk is. Cut short, it is finished. Fine when the node is
 * unknown.
 *
 * @throws RpcError `OPERATION_PENDING`, what the pool and the target host throw; try again, or the reconciler will
 */
export function detachNode(
  { intents, catalog, clock, log }: OperationServices,
  node: NodeName,
  policy: ReclaimPolicy,
  signal: AbortSignal,
): Promise<Detached> {
  const resource = nodeResource(node);
  return intents.run<{ record: NodeRecord | undefined; changed: boolean }, Detached>(
    {
      resources: [resource],
      kind: 'detach',
      parameters: policy,
      intend: async (tx) => {
        const record = await tx.get(nodes, node);
        const next = record && afterDetach(record, policy, clock.now());
        if (next !== undefined) {
          tx.put(nodes, node, next);
        }
        return { carryOut: { record, changed: next !== undefined } };
      },
      carryOut: async ({ record, changed }) => {
        await intents.recover([resource]);
        const diskId = record?.disk.id;
        if (changed) {
          log.info('detached a node', { node, diskId, disk: policy.kind });
        }
        const left = await catalog.list(snapshots, snapshotKey(node, ''));
        const trashed = diskId === undefined ? undefined : await catalog.get(trash, diskId);
        return {
          node,
          detached: changed,
          diskId,
          diskKept: policy.kind === 'keep' && record !== undefined,
          ...(trashed !== undefined && { trashedUntilMs: trashed.untilMs }),
          snapshots: left.map(({ value }) => value.name),
        };
      },
    },
    signal,
  );
}

/** Returns the record of a node at rest that is to be detached; undefined if it is detached already. */
function afterDetach(record: NodeRecord, policy: ReclaimPolicy, nowMs: number): NodeRecord | undefined {
  switch (policy.kind) {
    case 'delete':
      return { ...record, state: 'deleting' };
    case 'trash':
      return { ...record, state: 'trashing', untilMs: nowMs + policy.forMs, keepMs: policy.forMs };
    case 'keep':
      return record.state === 'ready' ? { ...record, state: 'detaching' } : undefined;
  }
}
