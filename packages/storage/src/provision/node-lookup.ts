import { didYouMean } from '@patchbay/objects';

import { type CatalogReader } from '../catalog/catalog.js';
import { type ExportedNode, type NodeIn, type NodeRecord, nodes } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type NodeName } from '../names.js';
import { type Parts } from './parts.js';

/** Gives a node's record, in whatever state. @throws RpcError `NODE_NOT_FOUND` */
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

/** Gives the record of a node that may use its disk. @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED` */
export async function requireReadyNode(reader: CatalogReader, node: NodeName): Promise<ExportedNode> {
  const record = await requireNode(reader, node);
  if (record.state === 'ready') {
    return record;
  }
  if (record.state === 'detached' || record.state === 'detaching') {
    throw storageError('NODE_DETACHED', `node "${node}" is detached; provision it again to use its disk`, {
      details: { node, diskId: record.disk.id },
    });
  }
  throw notAtRest(record);
}

/** Gives the record of a node whose disk is at rest, attached or kept. @throws RpcError `NODE_NOT_FOUND` */
export async function requireNodeAtRest(
  reader: CatalogReader,
  node: NodeName,
): Promise<NodeIn<'ready' | 'detached'>> {
  const record = await requireNode(reader, node);
  if (record.state === 'ready' || record.state === 'detached') {
    return record;
  }
  throw notAtRest(record);
}

/** Refuses while an initiator is connected to the node's disk. @throws RpcError `DISK_IN_USE` */
export async function refuseConnected(
  { exports }: Pick<Parts, 'exports'>,
  record: NodeRecord,
  why: string,
): Promise<void> {
  if (await exports.isConnected(record)) {
    throw storageError('DISK_IN_USE', `node "${record.node}" is connected to its disk; ${why}`, {
      details: { node: record.node },
    });
  }
}

/** Nobody has been told of a node that is still being made, and one that is being deleted is as good as gone. */
function notAtRest({ node, state }: NodeRecord): Error {
  const reason = state === 'creating' || state === 'deleting' ? 'NODE_NOT_FOUND' : 'OPERATION_PENDING';
  return storageError(reason, `node "${node}" is not ready (${state}); try again`, {
    details: { node, state },
  });
}
