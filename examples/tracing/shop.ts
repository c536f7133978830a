import type { Client } from '@patchbay/rpcclient';
import { arg, defineErrors, defineObject, method, type SignaturesOf, z } from '@patchbay/rpcserver';

const stockError = defineErrors({
  SOLD_OUT: ['FAILED_PRECONDITION', 'There are fewer of a thing than were asked for.'],
});

const left = new Map([['lamp', 2]]);

export const stock = defineObject({
  summary: 'Knows what there is',
  methods: {
    take: method({
      summary: 'Take things off the shelf',
      args: [arg('thing', z.string(), 'what'), arg('count', z.int().positive(), 'how many')],
      returns: z.int().describe('how many are left'),
      run: (thing, count) => {
        const rest = (left.get(thing) ?? 0) - count;
        if (rest < 0) {
          throw stockError('SOLD_OUT', `there are not ${String(count)} of ${thing}`);
        }
        left.set(thing, rest);
        return rest;
      },
    }),
  },
});
type Stock = SignaturesOf<typeof stock>;

/** @param warehouse a client of the server that has the stock */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is that of its methods
export function makeShop(warehouse: Pick<Client, 'proxy'>) {
  return defineObject({
    summary: 'Takes orders',
    methods: {
      order: method({
        summary: 'Order things',
        args: [arg('thing', z.string(), 'what'), arg('count', z.int().positive(), 'how many')],
        returns: z.string(),
        run: async (thing, count, { callOptions }) => {
          const rest = await warehouse.proxy<Stock>('stock').with(callOptions).take(thing, count);
          return `${String(count)} × ${thing}, ${String(rest)} left`;
        },
      }),
    },
  });
}
export type Shop = SignaturesOf<ReturnType<typeof makeShop>>;
