import { didYouMean } from '@patchbay/core';

import { type CatalogReader } from '../catalog/catalog.js';
import { type ExportedNode, type NodeRecord, nodes } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type NodeName } from '../names.js';

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
  // Nobody has been told of a node that is still being made, and one that is being deleted is as good as gone.
  throw storageError('NODE_NOT_FOUND', `node "${node}" is not ready (${record.state}); try again`, {
    details: { node, state: record.state },
  });
}
