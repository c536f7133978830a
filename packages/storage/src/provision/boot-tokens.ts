import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Catalog, CatalogReader, Transaction } from '../catalog/catalog.js';
import { bootTokens, nodes } from '../catalog/tables.js';

/** Makes a new one-time token for a node's boot script, in place of one that it may have. */
export function mintBootToken(tx: Transaction, node: string): string {
  const token = randomBytes(16).toString('hex');
  tx.put(bootTokens, node, token);
  return token;
}

/** Returns a token to its node that was used up in vain, unless the node has another by now or is gone. */
export function giveBackBootToken(catalog: Catalog, node: string, token: string): Promise<void> {
  return catalog.transact(async (tx) => {
    const record = await tx.get(nodes, node);
    if (record?.state === 'ready' && (await tx.get(bootTokens, node)) === undefined) {
      tx.put(bootTokens, node, token);
    }
  });
}

/** Reports whether a text is the token that a node has, in constant time. */
export async function isBootToken(reader: CatalogReader, node: string, text: string): Promise<boolean> {
  const token = await reader.get(bootTokens, node);
  // A node without a token is compared with a new one, which nobody can know.
  return timingSafeEqual(digest(token ?? randomBytes(16)), digest(text));
}

/** Digests have one length, which the comparison needs. */
function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}
