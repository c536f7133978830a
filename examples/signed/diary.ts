import { arg, defineObject, method, type SignaturesOf, z } from '@patchbay/rpcserver';

const entries: string[] = [];

/** What anybody may write, each under a name that nobody can choose: `add-user.ts` fills it in. */
export const diary = defineObject({
  summary: 'A diary of several hands',
  methods: {
    write: method({
      summary: 'Write an entry, and return it as it stands',
      access: 'operate',
      args: [arg('text', z.string().min(1).max(200), 'what happened')],
      options: { user: z.string().optional().describe('who writes; what a caller says here is replaced') },
      returns: z.string(),
      run: (text, { user = 'nobody' }) => {
        const entry = `${user}: ${text}`;
        entries.push(entry);
        return entry;
      },
    }),
    read: method({
      summary: 'Return all entries',
      access: 'view',
      returns: z.array(z.string()),
      idempotent: true,
      run: () => entries,
    }),
  },
});
export type Diary = SignaturesOf<typeof diary>;
