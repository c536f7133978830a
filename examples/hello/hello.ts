import { arg, defineObject, method, type SignaturesOf, z } from '@patchbay/rpcserver';

export const hello = defineObject({
  summary: 'Says hello',
  methods: {
    greet: method({
      summary: 'Greet somebody',
      args: [arg('who', z.string().min(1), 'whom to greet')],
      options: { times: z.int().positive().default(1).describe('how often') },
      returns: z.string(),
      yields: z.string(),
      idempotent: true,
      run: async function* (who, { times }) {
        for (let n = 1; n <= times; n++) {
          yield `Hello, ${who}!`;
        }
        return 'done';
      },
    }),
  },
});
export type Hello = SignaturesOf<typeof hello>;
