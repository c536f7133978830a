import { z } from 'zod';

/** One thing that does not fit together. */
export const finding = z.object({
  severity: z
    .enum(['error', 'warning', 'note'])
    .describe('error: something is lost or wrong; warning: it will be put right; note: worth knowing'),
  thing: z.string(),
  problem: z.string(),
  advice: z.string(),
});
export type Finding = z.infer<typeof finding>;
