import { arg, callback, defineErrors, defineObject, method, RpcServer, z } from '@patchbay/rpcserver';
import { once } from 'node:events';
import process from 'node:process';

const counterError = defineErrors({
  COUNT_TOO_HIGH: ['OUT_OF_RANGE', 'The counter would exceed its maximum.'],
});

let count = 0;
const counter = defineObject({
  summary: 'Counts',
  methods: {
    add: method({
      summary: 'Add to the count, and return it',
      args: [arg('step', z.int().positive(), 'by how much')],
      options: { max: z.int().default(100).describe('the highest count that is allowed') },
      returns: z.int(),
      run: (step, { max }) => {
        if (count + step > max) {
          throw counterError('COUNT_TOO_HIGH', `${count} and ${step} are more than ${max}`, {
            details: { count },
          });
        }
        count += step;
        return count;
      },
    }),
    down: method({
      summary: 'Count down to zero, and tell of each number',
      args: [arg('tell', callback([z.int()], z.null()), 'called with each number')],
      returns: z.null(),
      run: async (tell) => {
        while (count > 0) {
          count -= 1;
          await tell(count);
        }
        return null;
      },
    }),
  },
});

const server = await RpcServer.start({
  stateDir: process.env.STATE_DIR ?? './state',
  objects: { counter },
});
try {
  process.stdout.write(`serving at ${server.address}; Ctrl-C ends it\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
} finally {
  await server.close();
}
