import { z } from 'zod';

import { acceptedSizes, parseBytes } from '@patchbay/objects';
import { bytesSchema } from '@patchbay/objects/define';

const bytes = z.union([
  bytesSchema(),
  z.string().transform((text, context) => {
    const parsed = parseBytes(text);
    if (parsed === undefined) {
      context.addIssue({ code: 'custom', message: `must be ${acceptedSizes}` });
      return z.NEVER;
    }
    return parsed;
  }),
]);

const quota = z.strictObject({
  disks: z.int().nonnegative().optional().describe('how many disks the nodes of the project may have'),
  bytes: bytes
    .optional()
    .describe('how large all their disks and snapshots together may be, as the nodes see them'),
});
export type Quota = z.infer<typeof quota>;

/** The schema of the quotas of projects, by the prefix of their nodes' names; `''` is every node. */
export const quotas = z.record(
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9.-]*$/, "must be the beginning of nodes' names: lower-case letters, digits, - and ."),
  quota,
);
export type Quotas = z.infer<typeof quotas>;
