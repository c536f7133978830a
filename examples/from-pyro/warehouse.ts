import {
  arg,
  callback,
  defineErrors,
  defineObject,
  method,
  objectOf,
  type SignaturesOf,
  z,
} from '@patchbay/rpcserver';

import { binOf, type Bin } from './bin.js';

const warehouseError = defineErrors({
  ITEM_MISSING: ['NOT_FOUND', 'The warehouse has no item of this kind.'],
});

const stock = new Map([
  ['chair', 4],
  ['lamp', 2],
]);

export const warehouse = defineObject({
  summary: 'Keeps furniture',
  methods: {
    store: method({
      summary: 'Store an item, and return how many there are',
      args: [arg('item', z.string().min(1), 'what it is')],
      returns: z.int(),
      run: (item) => {
        const count = (stock.get(item) ?? 0) + 1;
        stock.set(item, count);
        return count;
      },
    }),
    take: method({
      summary: 'Take an item out, and return how many are left',
      args: [arg('item', z.string().min(1), 'what it is')],
      returns: z.int(),
      run: (item) => {
        const count = stock.get(item) ?? 0;
        if (count === 0) {
          throw warehouseError('ITEM_MISSING', `there is no ${item} left`, { details: { item } });
        }
        stock.set(item, count - 1);
        return count - 1;
      },
    }),
    contents: method({
      summary: 'List the contents',
      yields: z.object({ item: z.string(), count: z.int() }),
      returns: z.null(),
      idempotent: true,
      run: async function* () {
        for (const [item, count] of stock) {
          yield { item, count };
        }
        return null;
      },
    }),
    count: method({
      summary: 'Count everything, and report each item as it is counted',
      args: [arg('progress', callback([z.string()], z.null()), 'called with each item counted')],
      returns: z.int(),
      run: async (progress) => {
        let total = 0;
        for (const [item, count] of stock) {
          await progress(item);
          total += count;
        }
        return total;
      },
    }),
    bin: method({
      summary: 'Return the bin of an item',
      args: [arg('item', z.string().min(1), 'what it is')],
      returns: objectOf<Bin>(),
      run: (item) => binOf(item, stock),
    }),
  },
});
export type Warehouse = SignaturesOf<typeof warehouse>;
