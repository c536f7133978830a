import { arg, callback, defineObject, method, type SignaturesOf, z } from '@patchbay/rpcserver';

export const cleaner = defineObject({
  summary: 'Throws things away, after asking',
  methods: {
    clean: method({
      summary: 'Throw away what the caller does not keep',
      args: [
        arg('things', z.array(z.string()), 'what there is'),
        arg('keep', callback([z.string()], z.boolean()), 'reports whether to keep a thing'),
      ],
      returns: z.array(z.string()).describe('what was thrown away'),
      run: async (things, keep) => {
        const gone: string[] = [];
        for (const thing of things) {
          if (!(await keep(thing))) {
            gone.push(thing);
          }
        }
        return gone;
      },
    }),
  },
});
export type Cleaner = SignaturesOf<typeof cleaner>;
