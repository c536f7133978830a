import { z } from 'zod';

import { codes } from '../errors/code.js';

const durationMs = z
  .int()
  .min(0)
  .max(366 * 86_400_000);

/** The schema of a `JobPolicy`. */
export const jobPolicy = z.object({
  /** How often a failed attempt is followed by another. Default: 0. */
  retries: z.int().min(0).max(100).optional(),
  /** How long to wait before the first retry, in milliseconds: doubled for each further one, to 10 min, give or take 20 %. Default: 5 s. */
  backoffMs: durationMs.optional(),
  /** Codes after which to retry. Default: UNAVAILABLE, ABORTED, RESOURCE_EXHAUSTED; DEADLINE_EXCEEDED too if the method is idempotent. */
  retryOn: z.array(z.enum(codes)).max(codes.length).optional(),
  /** The time limit of an attempt. Default: the method's own. */
  timeoutMs: z
    .union([
      z
        .int()
        .min(1)
        .max(366 * 86_400_000),
      z.literal('none'),
    ])
    .optional(),
  /** From 0, the first, to 9. Default: 5. */
  priority: z.int().min(0).max(9).optional(),
  /** When it may begin, in milliseconds since the Unix epoch. Default: at once. */
  notBeforeMs: z.int().nonnegative().optional(),
  /** How long after it was submitted it expires if it has not begun. Default: 7 days. */
  expiresMs: durationMs.optional(),
  /** On how many hosts of a run at once; a number, or a share such as `10%`. Default: all. */
  atOnce: z
    .string()
    .regex(/^([1-9]\d{0,5}|100%|[1-9]\d?%)$/)
    .optional(),
  /** After how many failed hosts no further ones of a run begin; a number, or a share such as `10%`. Default: none. */
  stopAfter: z
    .string()
    .regex(/^([1-9]\d{0,5}|100%|[1-9]\d?%)$/)
    .optional(),
  /** The arguments of a run, by name, whose defaults are variables of each host, such as `host.image`. */
  from: z
    .record(
      z.string().regex(/^[A-Za-z]\w{0,63}$/),
      z
        .string()
        .regex(/^host\.[a-z0-9][a-z0-9._-]{0,62}$/, { error: 'must be host. and the name of a variable' }),
    )
    .refine((from) => Object.keys(from).length <= 16, { error: 'must be at most 16' })
    .optional(),
  /** The variables of each host into which parts of the result are written, such as `result.version`. */
  save: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
      z
        .string()
        .max(256)
        .regex(/^result(\.[A-Za-z0-9_-]+)*$/, {
          error: 'must be result, or a path in it such as result.version',
        }),
    )
    .refine((save) => Object.keys(save).length <= 16, { error: 'must be at most 16' })
    .optional(),
});
/** How a job is carried out. */
export type JobPolicy = z.infer<typeof jobPolicy>;
