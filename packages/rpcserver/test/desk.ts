import { method } from '@patchbay/objects/define';
import { z } from 'zod';

/** A method that returns who calls. */
export const who = method({
  summary: 'Return who calls',
  access: 'view',
  returns: z.string(),
  run: ({ caller }) => caller.principal,
});

/** What a method that waits until it is cancelled has, but for its level. */
export const waiting = {
  summary: 'Wait until cancelled',
  timeoutMs: 'none',
  returns: z.string(),
  run: ({ signal }: { readonly signal: AbortSignal }): Promise<string> =>
    new Promise<string>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    }),
} as const;
