import { bytesSchema, defineObject, method } from '@patchbay/rpcserver';

import type { Items } from './items.js';

/** Creates the object that holds an item for a caller. @throws RpcError `ITEM_NOT_FOUND` */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is that of its methods
export function holdOf(items: Items, name: string) {
  const sizeBytes = items.sizeOf(name);
  items.hold(name);
  return defineObject({
    summary: `Holds ${name}`,
    methods: {
      size: method({ summary: 'Return its size', returns: bytesSchema(), run: () => sizeBytes }),
    },
    released: () => {
      items.letGo(name);
    },
  });
}
export type Hold = ReturnType<typeof holdOf>;
