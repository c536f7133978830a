import { z } from 'zod';

import { method } from '@patchbay/objects/define';

import { storageError } from '../../errors.js';
import { mintBootToken } from '../../provision/boot-tokens.js';
import { requireReadyNode } from '../../provision/node-lookup.js';
import { type Parts } from '../../provision/parts.js';
import { node } from './arguments.js';

/** Makes the methods that concern booting over the network. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function bootMethods(parts: Pick<Parts, 'catalog' | 'bootTokens'>) {
  return {
    renew_boot_token: method({
      summary:
        "Make a new one-time token for a node's boot script; one that it has is worth nothing any more",
      args: [node],
      returns: z.object({ node: z.string(), bootToken: z.string() }),
      idempotent: true,
      run: async (node) => {
        if (!parts.bootTokens) {
          throw storageError(
            'BOOT_TOKENS_OFF',
            'boot scripts are given without tokens here; set boot.token in the options of the storage object',
          );
        }
        const bootToken = await parts.catalog.transact(async (tx) => {
          await requireReadyNode(tx, node);
          return mintBootToken(tx, node);
        });
        return { node, bootToken };
      },
    }),
  };
}
