import { nodes, type NodeRecord, snapshotKey, snapshots } from '../catalog/tables.js';
import { type NodeName } from '../names.js';
import { nodeThing, type Parts } from './parts.js';
import { settleNode } from './settle.js';

/** What a detach came to. */
export interface Detached {
  readonly node: NodeName;
  /** Whether there was something to do; false when the node was already as asked. */
  readonly detached: boolean;
  /** The disk that is kept or was deleted. */
  readonly diskId: string | undefined;
  readonly diskKept: boolean;
  /** The snapshots of the node that stay until `delete_snapshot` deletes them. */
  readonly snapshots: readonly string[];
}

/**
 * Takes a node's disk away: cuts its session, removes its target, and deletes the disk or keeps it for a later
 * provision of the same node. Steps: write the decision; remove the export; remove the file (unless kept);
 * forget. Cut short, it is finished. Fine when the node is unknown.
 *
 * @throws RpcError `OPERATION_PENDING`, what the pool and the target host throw; try again, or the reconciler will
 */
export function detachNode(
  parts: Parts,
  node: NodeName,
  keepDisk: boolean,
  signal: AbortSignal,
): Promise<Detached> {
  const { operations, catalog, log } = parts;
  const work = { thing: nodeThing(node), kind: 'detach', parameters: { keepDisk } };
  return operations.run(work, signal, async () => {
    await settleNode(parts, node);
    const found = await catalog.transact(async (tx) => {
      const record = await tx.get(nodes, node);
      const next = record && afterDetach(record, keepDisk);
      if (next !== undefined) {
        tx.put(nodes, node, next);
      }
      return { record, changed: next !== undefined };
    });
    await settleNode(parts, node);
    const diskKept = keepDisk && found.record !== undefined;
    if (found.changed) {
      log.info('a node was detached', { node, diskId: found.record?.disk.id, diskKept });
    }
    const left = await catalog.list(snapshots, snapshotKey(node, ''));
    return {
      node,
      detached: found.changed,
      diskId: found.record?.disk.id,
      diskKept,
      snapshots: left.map(({ value }) => value.name),
    };
  });
}

/** Gives the record that says what shall become of a node at rest; undefined: it is so already. */
function afterDetach(record: NodeRecord, keepDisk: boolean): NodeRecord | undefined {
  if (!keepDisk) {
    return { ...record, state: 'deleting' };
  }
  return record.state === 'ready' ? { ...record, state: 'detaching' } : undefined;
}
