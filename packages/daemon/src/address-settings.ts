import { z } from 'zod';

import { parseAddress } from '@patchbay/objects';

/** The schema of an address. @param parse throws what is wrong with one */
export function addressSetting(parse: (text: string) => unknown): z.ZodString {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}

const address = addressSetting(parseAddress);

/** The schema of where a server listens: an address, or a list of them. */
export const listenSetting = z.union([address, z.array(address).min(1)]);

/** The schema of whether a server uses plain TCP. */
export const insecureSetting = z
  .literal([true, false, 'network'])
  .default(false)
  .describe('whether to use plain TCP, where every caller is an admin and nothing is encrypted');

/** Returns the field of a server's log line that lists its addresses, where it has more than one. */
export function severalAddresses({ addresses }: { readonly addresses: readonly string[] }): {
  readonly addresses?: readonly string[];
} {
  return addresses.length > 1 ? { addresses } : {};
}
