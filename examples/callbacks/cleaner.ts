import { arg, callback, defineObject, method, type SignaturesOf, z } from '@patchbay/rpcserver';

const watchers = new Set<(thing: string) => Promise<null>>();

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
        for (const tell of watchers) {
          await tell(gone.join(', '));
        }
        return gone;
      },
    }),
    watch: method({
      summary: 'Tell of what is thrown away from now on',
      args: [arg('tell', callback([z.string()], z.null()), 'gets what is gone')],
      returns: z.null(),
      run: (tell, context) => {
        const { signal } = context.subscribe(tell); // it outlives the call
        watchers.add(tell);
        signal.addEventListener('abort', () => watchers.delete(tell));
        return null;
      },
    }),
  },
});
export type Cleaner = SignaturesOf<typeof cleaner>;
