import {
  arg,
  byteStream,
  bytesSchema,
  defineObject,
  durationSchema,
  method,
  type ObjectContext,
  objectOf,
  property,
  type SignaturesOf,
  z,
} from '@patchbay/rpcserver';

import { depotError } from './errors.js';
import { type Hold, holdOf } from './hold.js';
import { Items } from './items.js';

const itemName = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 small letters, digits or dashes');
const name = arg('name', itemName, 'the name of the item');
const item = z.object({ name: itemName, sizeBytes: bytesSchema() });

/** A time, which travels as text and is a Date in methods. */
export const moment = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

const depotOptions = z.strictObject({ largestBytes: bytesSchema().default(1024 * 1024) });

/** Creates a depot from the options in its server's configuration. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is that of its methods
export default async function makeDepot(options: unknown, { clock, log }: ObjectContext) {
  const { largestBytes } = depotOptions.parse(options);
  const items = new Items(clock);
  const openedAt = new Date(clock.now());

  return defineObject({
    summary: 'Keeps items',
    methods: {
      put: method({
        summary: 'Store an item, replacing the one of this name',
        args: [name, arg('data', byteStream(), 'its content')],
        options: {
          limitBytes: bytesSchema()
            .max(largestBytes)
            .default(largestBytes)
            .describe('refuse more bytes than this'),
        },
        returns: item,
        run: async (itemName, data, { limitBytes }) => {
          const pieces: Buffer[] = [];
          let sizeBytes = 0;
          for await (const piece of data) {
            sizeBytes += piece.length;
            if (sizeBytes > limitBytes) {
              throw depotError('ITEM_TOO_LARGE', `"${itemName}" has more than ${String(limitBytes)} bytes`);
            }
            pieces.push(piece);
          }
          items.put(itemName, Buffer.concat(pieces));
          return { name: itemName, sizeBytes };
        },
      }),
      list: method({
        summary: 'List the items',
        access: 'view',
        yields: item,
        returns: z.int().describe('how many there are'),
        idempotent: true,
        run: async function* () {
          const { names } = items;
          for (const each of names) {
            yield { name: each, sizeBytes: items.sizeOf(each) };
          }
          return names.length;
        },
      }),
      remove: method({
        summary: 'Remove an item unless it is held; do nothing if it does not exist',
        args: [name],
        returns: z.null(),
        idempotent: true,
        run: (itemName, { caller }) => {
          log.info('removing an item', { itemName, peer: caller.peer });
          items.remove(itemName);
          return null;
        },
      }),
      wait_for: method({
        summary: 'Wait until an item exists',
        args: [name],
        options: { pauseMs: durationSchema().default(100).describe('how long to wait between two checks') },
        returns: item,
        idempotent: true,
        run: async (itemName, { pauseMs }, { signal }) => {
          await items.waitFor(itemName, pauseMs, signal);
          return { name: itemName, sizeBytes: items.sizeOf(itemName) };
        },
      }),
      hold: method({
        summary: 'Return a handle of an item, which cannot be removed while its caller has it',
        args: [name],
        returns: objectOf<Hold>(),
        run: (itemName) => holdOf(items, itemName),
      }),
    },
    properties: {
      count: property(z.int().describe('how many items there are'), () => items.names.length),
      openedAt: property(moment.describe('when the depot was opened'), () => openedAt),
    },
    close: async () => {
      log.info('the depot is closed', { items: items.names.length });
    },
  });
}
export type Depot = SignaturesOf<Awaited<ReturnType<typeof makeDepot>>>;
