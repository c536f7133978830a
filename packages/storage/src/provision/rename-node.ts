import type { Transaction } from '../catalog/catalog.js';
import {
  bootTokens,
  initiators,
  type NodeIn,
  type NodeRecord,
  nodes,
  renames,
  snapshotKey,
  snapshots,
  targetOf,
} from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { Iqn, NodeName } from '../names.js';
import { bytesOfNode } from '../pool/usage.js';
import { refuseConnected, requireNodeAtRest } from './node-lookup.js';
import type { OperationServices } from './operation-services.js';
import { noteRename } from './renames.js';
import { nodeResource } from './resources.js';
import { refuseTakenInitiator } from './target-claims.js';
import { hasDisk } from './trash.js';

export interface RenameRequest {
  readonly node: NodeName;
  readonly to: NodeName;
  /** Rename also a node that is connected and whose initiator name changes with its own, which cuts it off. */
  readonly force: boolean;
}

/**
 * Renames a node with all that it has: disk, target name, secret, MAC address, snapshots, schedules. Where the node's
 * initiator name was made from its own, that changes too, and the node must not be connected. Steps: write the node
 * under its new name; let its snapshots and schedules follow; export for the new initiator name. Cut short, it is
 * finished. Equal parameters return the same.
 *
 * @throws RpcError `NODE_NOT_FOUND`, `NODE_EXISTS`, `SNAPSHOT_EXISTS`, `INITIATOR_IN_USE`, `DISK_IN_USE`,
 *   `OPERATION_PENDING`, what the target host throws
 */
export function renameNode(
  services: OperationServices,
  request: RenameRequest,
  signal: AbortSignal,
): Promise<NodeRecord> {
  const { intents, catalog, exports, log } = services;
  const { node, to, force } = request;
  const resource = nodeResource(to);
  return intents.run<NodeRecord, NodeRecord>(
    {
      resources: [resource, nodeResource(node)],
      kind: 'rename',
      parameters: { node, force },
      check: async () => {
        const record = await catalog.get(nodes, node);
        if (record === undefined || force) {
          return;
        }
        if (initiatorAfter(services, record, to) !== targetOf(record)?.initiator) {
          const why =
            'its initiator name changes with its own, which cuts it off; shut it down first, or pass --force';
          await refuseConnected(exports, record, why);
        }
      },
      intend: async (tx) => {
        const present = await tx.get(nodes, to);
        const isDone = present?.movedFrom === node && !(await isLeftBehind(tx, node, to));
        return { carryOut: isDone ? present : await rename(tx, services, request) };
      },
      carryOut: async (renamed) => {
        await intents.recover([resource]);
        await exports.sync(to);
        log.info('renamed a node', { node, to, diskId: renamed.disk.id });
        return renamed;
      },
    },
    signal,
  );
}

async function rename(
  tx: Transaction,
  services: OperationServices,
  { node, to }: RenameRequest,
): Promise<NodeRecord> {
  const record = await requireNodeAtRest(tx, node);
  const present = await tx.get(nodes, to);
  if (present !== undefined) {
    throw hasDisk(present, 'choose another name, or detach it first');
  }
  const bytes = await bytesOfNode(tx, record);
  await services.admission.requireQuota(tx, { node: to, from: node, disks: 1, bytes });
  await refuseTakenSnapshots(tx, node, to);
  await noteRename(tx, node, to);
  const renamed = await withTarget(tx, services, { ...record, node: to, movedFrom: node }, record);
  tx.delete(nodes, node);
  tx.put(nodes, to, renamed);
  return renamed;
}

/**
 * Reports whether there is something under a node's old name that does not follow it: another node took that name
 * since, or has left its snapshots there.
 */
async function isLeftBehind(tx: Transaction, node: NodeName, to: NodeName): Promise<boolean> {
  if ((await tx.get(nodes, node)) !== undefined) {
    return true;
  }
  const left = await tx.list(snapshots, snapshotKey(node, ''));
  return left.length > 0 && (await tx.get(renames, node)) !== to;
}

async function refuseTakenSnapshots(tx: Transaction, node: NodeName, to: NodeName): Promise<void> {
  const taken = new Set((await tx.list(snapshots, snapshotKey(to, ''))).map(({ value }) => value.name));
  const own = (await tx.list(snapshots, snapshotKey(node, ''))).map(({ value }) => value.name);
  const name = own.find((each) => taken.has(each));
  if (name !== undefined) {
    throw storageError(
      'SNAPSHOT_EXISTS',
      `node "${to}" has a snapshot "${name}" of a disk that it had before; delete it first`,
      { details: { node: to, snapshot: name } },
    );
  }
}

async function withTarget(
  tx: Transaction,
  services: OperationServices,
  renamed: NodeIn<'ready' | 'detached'>,
  before: NodeRecord,
): Promise<NodeRecord> {
  if (renamed.state === 'detached') {
    return renamed;
  }
  const old = renamed.target.initiator;
  const initiator = initiatorAfter(services, before, renamed.node) ?? old;
  await refuseTakenInitiator(tx, before.node, initiator);
  const target = { ...renamed.target, initiator };
  services.claims.claim(tx, renamed.node, target);
  if (initiator !== old) {
    tx.delete(initiators, old);
  }
  const token = await tx.get(bootTokens, before.node);
  if (token !== undefined) {
    tx.delete(bootTokens, before.node);
    tx.put(bootTokens, renamed.node, token);
  }
  return { ...renamed, target };
}

/** Returns the initiator name that a node has once it is renamed. */
function initiatorAfter({ naming }: OperationServices, record: NodeRecord, to: NodeName): Iqn | undefined {
  const has = targetOf(record)?.initiator;
  return has === naming.initiatorOf(record.node) ? naming.initiatorOf(to) : has;
}
