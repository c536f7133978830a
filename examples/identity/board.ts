import { arg, type Caller, defineObject, method, type SignaturesOf, z } from '@patchbay/rpcserver';

const notes: string[] = [];

/** Names who calls, and the host that makes the call where it is on behalf of somebody. */
function nameOf({ principal, delegate }: Caller): string {
  return delegate === undefined ? principal : `${principal}, by ${delegate}`;
}

/** Notes of several people, each with its author: what a method knows of its caller is in its context. */
export const board = defineObject({
  summary: 'A board for notes',
  methods: {
    whoami: method({
      summary: 'Return who calls: its groups, and its roles',
      access: 'member',
      returns: z.string(),
      idempotent: true,
      run: ({ caller }) => {
        const roles = caller.roles.map(({ role, objects, methods }) => `${role} on ${objects}.${methods}`);
        return `${nameOf(caller)} of [${caller.groups.join()}]: ${roles.join() || 'no roles'}`;
      },
    }),
    read: method({
      summary: 'Return all notes',
      access: 'view',
      returns: z.array(z.string()),
      idempotent: true,
      run: () => notes,
    }),
    write: method({
      summary: 'Add a note, and return it as it stands',
      access: 'operate',
      args: [arg('text', z.string().min(1).max(200), 'the note')],
      options: { onTop: z.boolean().default(false).describe('put it above the others; for admins') },
      returns: z.string(),
      run: (text, { onTop }, context) => {
        if (onTop) {
          context.requireAccess('administer'); // more than the method declares
        }
        const note = `${text} (${nameOf(context.caller)})`;
        notes.splice(onTop ? 0 : notes.length, 0, note);
        return note;
      },
    }),
    clear: method({
      summary: 'Remove all notes, and return how many there were',
      access: 'administer',
      returns: z.int(),
      run: () => notes.splice(0).length,
    }),
  },
});
export type Board = SignaturesOf<typeof board>;
