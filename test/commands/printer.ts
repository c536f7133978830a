import { z } from 'zod';

import type { ObjectDefinition } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { RpcError } from '@patchbay/objects';

/** Makes an object whose methods write, fail at first, and wait, for an RPC server's configuration. */
export default function makePrinter(): Promise<ObjectDefinition> {
  let failures = 0;
  return Promise.resolve(
    defineObject({
      summary: 'Prints',
      methods: {
        print: method({
          summary: 'Print lines',
          args: [arg('lines', z.int(), 'how many')],
          options: { text: z.string().default('line').describe('what each begins with') },
          yields: z.string(),
          returns: z.object({ lines: z.int() }),
          run: async function* (lines, { text }) {
            for (let line = 0; line < lines; line++) {
              yield await Promise.resolve(`${text} ${String(line)}`);
            }
            return { lines };
          },
        }),
        flaky: method({
          summary: 'Fail the first time',
          returns: z.int(),
          run: () => {
            failures += 1;
            if (failures === 1) {
              throw new RpcError('UNAVAILABLE', 'NOT_YET', 'not yet');
            }
            return failures;
          },
        }),
        wait: method({
          summary: 'Begin, and wait until cancelled',
          timeoutMs: 'none',
          yields: z.string(),
          returns: z.null(),
          run: async function* ({ signal }) {
            yield 'begun';
            await new Promise((resolve) => {
              signal.addEventListener('abort', resolve);
            });
            return null;
          },
        }),
        later: method({
          summary: 'Is a job by default',
          job: true,
          returns: z.string(),
          run: () => 'called',
        }),
      },
    }),
  );
}
