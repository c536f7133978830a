import { z } from 'zod';

import { arg, defineObject, method, type SignaturesOf } from '@patchbay/rpcserver';

/** Creates the object of one rack, which reports how full its disks are. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is that of its methods
export function disksOf(rack: string, usedPercent: number) {
  return defineObject({
    summary: `The disks of ${rack}`,
    methods: {
      used: method({
        summary: 'Return how full the disks are, in percent',
        returns: z.number(),
        idempotent: true,
        run: () => usedPercent,
      }),
      trim: method({
        summary: 'Release unused space',
        args: [arg('reason', z.string(), 'why, for the log')],
        returns: z.null(),
        run: (reason, { log }) => {
          if (usedPercent > 90) {
            throw new Error(`${rack} is too full to be trimmed`);
          }
          log.info('trimmed', { rack, reason });
          return null;
        },
      }),
    },
  });
}
export type Disks = SignaturesOf<ReturnType<typeof disksOf>>;
