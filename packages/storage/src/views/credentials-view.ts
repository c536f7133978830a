import { z } from 'zod';

import { type CatalogReader } from '../catalog/catalog.js';
import { bootTokens } from '../catalog/tables.js';
import { type NodeName } from '../names.js';
import { requireReadyNode } from '../provision/node-lookup.js';

/** A node's secrets. */
export const nodeCredentials = z.object({
  node: z.string(),
  chapUser: z.string(),
  chapSecret: z.string(),
  bootToken: z.string().optional().describe('the one-time token of the boot script, until it is used'),
});

/** Shows a node's secrets. @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED` */
export async function viewCredentials(
  catalog: CatalogReader,
  node: NodeName,
): Promise<z.infer<typeof nodeCredentials>> {
  const { target } = await requireReadyNode(catalog, node);
  const bootToken = await catalog.get(bootTokens, node);
  return {
    node,
    chapUser: target.chap.user,
    chapSecret: target.chap.secret,
    ...(bootToken === undefined ? {} : { bootToken }),
  };
}
