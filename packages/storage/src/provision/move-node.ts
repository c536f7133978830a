import { type Transaction } from '../catalog/catalog.js';
import {
  bootTokens,
  initiators,
  type NodeIn,
  type NodeRecord,
  nodes,
  schedules,
  snapshotKey,
  snapshots,
  targetOf,
} from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type Iqn, type NodeName } from '../names.js';
import { bytesOfNode } from '../pool/usage.js';
import { onBoth } from './both-things.js';
import { refuseConnected, requireNodeAtRest } from './node-lookup.js';
import { nodeThing, type Parts } from './parts.js';
import { settleSnapshot } from './settle.js';
import { settleNode } from './settle-node.js';
import { claimTarget, refuseTakenInitiator } from './target-claims.js';
import { hasDisk } from './trash.js';

/** What a move is asked for. */
export interface MoveRequest {
  readonly node: NodeName;
  readonly to: NodeName;
  /** Move also a node that is connected and whose initiator name changes with its own, which cuts it off. */
  readonly force: boolean;
}

/**
 * Gives a node another name, with all that it has: disk, target name, secret, MAC address, snapshots, schedules. Where the node's
 * initiator name was made from its own, that changes too, and the node must not be connected. Steps: write it all, in
 * one commit; export for the new initiator name. Cut short, the reconciler exports. The same again gives the same.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `NODE_EXISTS`, `SNAPSHOT_EXISTS`, `INITIATOR_IN_USE`, `DISK_IN_USE`,
 *   `OPERATION_PENDING`, what the target host throws
 */
export function moveNode(parts: Parts, request: MoveRequest, signal: AbortSignal): Promise<NodeRecord> {
  const { operations, catalog, exports, log } = parts;
  const { node, to, force } = request;
  const things = [nodeThing(to), nodeThing(node)] as const;
  return onBoth(operations, { things, kind: 'move', parameters: { node, force } }, signal, async () => {
    await settleAll(parts, node);
    await settleAll(parts, to);
    const present = await catalog.get(nodes, to);
    if (present?.movedFrom === node && (await catalog.get(nodes, node)) === undefined) {
      await exports.sync(to);
      return present;
    }
    const before = await requireNodeAtRest(catalog, node);
    if (!force && initiatorAfter(parts, before, to) !== targetOf(before)?.initiator) {
      await refuseConnected(
        parts,
        before,
        'its initiator name changes with its own, which cuts it off; shut it down first, or pass --force',
      );
    }
    const moved = await catalog.transact((tx) => rename(tx, parts, request));
    await exports.sync(to);
    log.info('a node was moved', { node, to, diskId: moved.disk.id });
    return moved;
  });
}

async function settleAll(parts: Parts, node: NodeName): Promise<void> {
  await settleNode(parts, node);
  for (const { value } of await parts.catalog.list(snapshots, snapshotKey(node, ''))) {
    await settleSnapshot(parts, node, value.name);
  }
}

async function rename(tx: Transaction, parts: Parts, { node, to }: MoveRequest): Promise<NodeRecord> {
  const record = await requireNodeAtRest(tx, node);
  const present = await tx.get(nodes, to);
  if (present !== undefined) {
    throw hasDisk(present, 'choose another name, or detach it first');
  }
  const bytes = await bytesOfNode(tx, record);
  await parts.admission.requireQuota(tx, { node: to, from: node, disks: 1, bytes });
  await renameSnapshots(tx, node, to);
  for (const { key, value } of await tx.list(schedules, snapshotKey(node, ''))) {
    tx.delete(schedules, key);
    tx.put(schedules, snapshotKey(to, value.name), { ...value, node: to });
  }
  const moved = await withTarget(tx, parts, { ...record, node: to, movedFrom: node }, record);
  tx.delete(nodes, node);
  tx.put(nodes, to, moved);
  return moved;
}

async function renameSnapshots(tx: Transaction, node: NodeName, to: NodeName): Promise<void> {
  for (const { key, value } of await tx.list(snapshots, snapshotKey(node, ''))) {
    const newKey = snapshotKey(to, value.name);
    if ((await tx.get(snapshots, newKey)) !== undefined) {
      throw storageError(
        'SNAPSHOT_EXISTS',
        `node "${to}" has a snapshot "${value.name}" of a disk that it had before; delete it first`,
        { details: { node: to, snapshot: value.name } },
      );
    }
    tx.delete(snapshots, key);
    tx.put(snapshots, newKey, { ...value, node: to });
  }
}

async function withTarget(
  tx: Transaction,
  parts: Parts,
  moved: NodeIn<'ready' | 'detached'>,
  before: NodeRecord,
): Promise<NodeRecord> {
  if (moved.state === 'detached') {
    return moved;
  }
  const old = moved.target.initiator;
  const initiator = initiatorAfter(parts, before, moved.node) ?? old;
  await refuseTakenInitiator(tx, before.node, initiator);
  const target = { ...moved.target, initiator };
  claimTarget(tx, moved.node, target);
  if (initiator !== old) {
    tx.delete(initiators, old);
  }
  const token = await tx.get(bootTokens, before.node);
  if (token !== undefined) {
    tx.delete(bootTokens, before.node);
    tx.put(bootTokens, moved.node, token);
  }
  return { ...moved, target };
}

/** Gives the initiator name that a node has after it was moved. */
function initiatorAfter({ naming }: Parts, record: NodeRecord, to: NodeName): Iqn | undefined {
  const has = targetOf(record)?.initiator;
  return has === naming.initiatorOf(record.node) ? naming.initiatorOf(to) : has;
}
