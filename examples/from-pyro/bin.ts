import { defineObject, method, z } from '@patchbay/rpcserver';

/** Creates the object of one bin. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is that of its methods
export function binOf(item: string, stock: ReadonlyMap<string, number>) {
  return defineObject({
    summary: `The bin of ${item}`,
    methods: {
      level: method({
        summary: 'Return how many are in it',
        returns: z.int(),
        idempotent: true,
        run: () => stock.get(item) ?? 0,
      }),
    },
  });
}
export type Bin = ReturnType<typeof binOf>;
