import { didYouMean } from '@patchbay/objects';

import type { CatalogReader } from '../catalog/catalog.js';
import { type ExportedNode, type NodeIn, type NodeRecord, nodes } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { NodeName } from '../names.js';
import type { Exports } from './exports.js';
import { isAtRest, nodeStates } from './node-states.js';

/** Returns a node's record, in whatever state. @throws RpcError `NODE_NOT_FOUND` */
export async function requireNode(reader: CatalogReader, node: NodeName): Promise<NodeRecord> {
  const record = await reader.get(nodes, node);
  if (record === undefined) {
    const known = (await reader.list(nodes)).map(({ key }) => key);
    throw storageError('NODE_NOT_FOUND', `no node "${node}"${didYouMean(node, known)}`, {
      details: { node },
    });
  }
  return record;
}

/** Returns the record of a node that may use its disk. @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED` */
export async function requireReadyNode(reader: CatalogReader, node: NodeName): Promise<ExportedNode> {
  const record = await requireNode(reader, node);
  if (record.state === 'ready') {
    return record;
  }
  if (nodeStates[record.state].answer === 'NODE_DETACHED') {
    throw storageError('NODE_DETACHED', `node "${node}" is detached; provision it again to use its disk`, {
      details: { node, diskId: record.disk.id },
    });
  }
  throw notAtRest(record);
}

/** Returns the record of a node whose disk is at rest, attached or kept. @throws RpcError `NODE_NOT_FOUND` */
export async function requireNodeAtRest(
  reader: CatalogReader,
  node: NodeName,
): Promise<NodeIn<'ready' | 'detached'>> {
  const record = await requireNode(reader, node);
  if (isAtRest(record)) {
    return record;
  }
  throw notAtRest(record);
}

/** Refuses while an initiator is connected to the node's disk. @throws RpcError `DISK_IN_USE` */
export async function refuseConnected(
  exports: Pick<Exports, 'isConnected'>,
  record: NodeRecord,
  why: string,
): Promise<void> {
  if (await exports.isConnected(record)) {
    throw storageError('DISK_IN_USE', `node "${record.node}" is connected to its disk; ${why}`, {
      details: { node: record.node },
    });
  }
}

function notAtRest({ node, state }: NodeRecord): Error {
  const reason = nodeStates[state].answer === 'NODE_NOT_FOUND' ? 'NODE_NOT_FOUND' : 'OPERATION_PENDING';
  return storageError(reason, `node "${node}" is not ready (${state}); try again`, {
    details: { node, state },
  });
}
