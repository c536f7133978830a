import { z } from 'zod';

import { defineErrors, type ObjectDefinition } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';

const workshopError = defineErrors({
  TOOL_LENT: ['FAILED_PRECONDITION', 'Somebody else has the tool.'],
});

/** An object that shows what a call can be given and can get; `notes` has what its methods saw of their end. */
export function makeWorkshop(): { readonly definition: ObjectDefinition; readonly notes: string[] } {
  const notes: string[] = [];
  const definition = defineObject({
    summary: 'A workshop for clients in other languages',
    methods: {
      label: method({
        summary: 'Give back what it was given',
        args: [arg('tool', z.json(), 'anything'), arg('place', z.string(), 'where it lies')],
        options: { copies: z.int().optional().describe('how many labels') },
        returns: z.json(),
        run: (tool, place, { copies = 1 }) => ({ tool, place, copies }),
        idempotent: true,
      }),
      count: method({
        summary: 'Yield the numbers up to one, and return how many they were',
        args: [arg('to', z.int(), 'the last number')],
        yields: z.int(),
        returns: z.string(),
        run: async function* (to) {
          for (let number = 1; number <= to; number += 1) {
            yield await Promise.resolve(number);
          }
          return `counted to ${String(to)}`;
        },
      }),
      borrow: method({
        summary: 'Fail, as somebody else was first',
        args: [arg('tool', z.string(), 'what to borrow')],
        returns: z.null(),
        run: (tool) => {
          throw workshopError('TOOL_LENT', `"${tool}" is lent; ask "ada" for it`, {
            details: { tool, holders: ['ada'] },
          });
        },
      }),
      tick: method({
        summary: 'Yield until the caller has enough',
        yields: z.int(),
        returns: z.null(),
        run: async function* (context) {
          try {
            for (let tick = 1; !context.signal.aborted; tick += 1) {
              yield await Promise.resolve(tick);
            }
            return null;
          } finally {
            notes.push('tick ended');
          }
        },
      }),
      wait: method({
        summary: 'Wait until aborted',
        returns: z.null(),
        run: async (context) => {
          await new Promise((resolve) => {
            context.signal.addEventListener('abort', resolve);
          });
          notes.push('wait aborted');
          return null;
        },
      }),
    },
  });
  return { definition, notes };
}
