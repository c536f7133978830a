import { type NodeRecord, nodes, snapshotKey, snapshots, trash } from '../catalog/tables.js';
import { type NodeName } from '../names.js';
import { nodeThing, type Parts } from './parts.js';
import { settleNode } from './settle-node.js';

/** What becomes of the disk: it is deleted, kept for the node, or put into the trash for so many milliseconds. */
export type DiskFate =
  | { readonly kind: 'delete' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'trash'; readonly forMs: number };

/** What a detach came to. */
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
  parts: Parts,
  node: NodeName,
  fate: DiskFate,
  signal: AbortSignal,
): Promise<Detached> {
  const { operations, catalog, log } = parts;
  const work = { thing: nodeThing(node), kind: 'detach', parameters: fate };
  return operations.run(work, signal, async () => {
    await settleNode(parts, node);
    const found = await catalog.transact(async (tx) => {
      const record = await tx.get(nodes, node);
      const next = record && afterDetach(record, fate, parts.clock.now());
      if (next !== undefined) {
        tx.put(nodes, node, next);
      }
      return { record, changed: next !== undefined };
    });
    await settleNode(parts, node);
    const diskId = found.record?.disk.id;
    if (found.changed) {
      log.info('a node was detached', { node, diskId, disk: fate.kind });
    }
    const left = await catalog.list(snapshots, snapshotKey(node, ''));
    const trashed = diskId === undefined ? undefined : await catalog.get(trash, diskId);
    return {
      node,
      detached: found.changed,
      diskId,
      diskKept: fate.kind === 'keep' && found.record !== undefined,
      ...(trashed !== undefined && { trashedUntilMs: trashed.untilMs }),
      snapshots: left.map(({ value }) => value.name),
    };
  });
}

/** Gives the record that says what shall become of a node at rest; undefined: it is so already. */
function afterDetach(record: NodeRecord, fate: DiskFate, nowMs: number): NodeRecord | undefined {
  switch (fate.kind) {
    case 'delete':
      return { ...record, state: 'deleting' };
    case 'trash':
      return { ...record, state: 'trashing', untilMs: nowMs + fate.forMs };
    case 'keep':
      return record.state === 'ready' ? { ...record, state: 'detaching' } : undefined;
  }
}
