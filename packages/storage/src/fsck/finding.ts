import { z } from 'zod';

/** An inconsistency. */
export const finding = z.object({
  severity: z
    .enum(['error', 'warning', 'note'])
    .describe('error: data is lost or inconsistent; warning: it will be repaired; note: worth knowing'),
  resource: z.string(),
  problem: z.string(),
  advice: z.string(),
});
export type Finding = z.infer<typeof finding>;
