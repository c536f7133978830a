import { z } from 'zod';

import type { ObjectDefinition } from '@patchbay/objects';
import { arg, defineObject, method, secret } from '@patchbay/objects/define';

/** Creates an object that is given a secret, returns one, and fails with one, as a module of an RPC server. */
export default function makeVault(): Promise<ObjectDefinition> {
  const password = arg('password', secret(z.string()), 'what opens it');
  return Promise.resolve(
    defineObject({
      summary: 'A vault',
      methods: {
        open: method({
          summary: 'Return the password',
          args: [password],
          returns: z.object({ password: secret(z.string()) }),
          run: (given) => ({ password: given }),
        }),
        close: method({
          summary: 'Fail',
          args: [password],
          returns: z.null(),
          run: () => {
            throw new Error('it is stuck');
          },
        }),
      },
    }),
  );
}
