import { z } from 'zod';

import { coreError } from '@patchbay/objects';
import { bytesSchema, durationSchema, readUnits } from '@patchbay/objects/define';

/** The schema of the options of the object `jobs` in the RPC server's configuration. */
export const jobsOptions = z.strictObject({
  nameServer: z
    .string()
    .optional()
    .describe("where the objects are found that jobs call; default: the server's own name server"),
  insecure: z
    .boolean()
    .default(false)
    .describe(
      'dial plain TCP, and keep the calls of callers who have proven nothing, which are made as this server',
    ),
  slots: z.int().min(1).max(1_000).default(16).describe("how many jobs of one object's queue run at once"),
  maxJobs: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100_000)
    .describe('how many jobs there may be that have not ended'),
  maxQueued: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20_000)
    .describe('how many of them there may be in the queue of one host or object'),
  maxArgumentBytes: bytesSchema()
    .min(1024 ** 2)
    .default(256 * 1024 ** 2)
    .describe('how much the arguments of all that have not ended may be together, as JSON'),
  keep: durationSchema()
    .min(60_000)
    .default(90 * 86_400_000)
    .describe('how long the records of jobs that have ended are kept'),
  keepOutput: durationSchema()
    .min(60_000)
    .default(14 * 86_400_000)
    .describe('how long what jobs wrote is kept'),
  keepOutputBytes: bytesSchema()
    .default(10 * 1024 ** 3)
    .describe('how much is kept of it; the oldest goes first'),
  maxOutputBytes: bytesSchema()
    .min(1024)
    .default(64 * 1024 ** 2)
    .describe('how much one attempt may write'),
});
/** The options of the object `jobs`, checked. */
export type JobsOptions = z.infer<typeof jobsOptions>;

/** Checks the options. @throws RpcError `CONFIG_INVALID` naming each value that is wrong */
export function parseJobsOptions(options: unknown): JobsOptions {
  const parsed = jobsOptions.safeParse(readUnits(jobsOptions, options));
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path, message }));
    const problems = issues.map(({ path, message }) => [...path.map(String), message].join(': '));
    throw coreError('CONFIG_INVALID', `the options of jobs: ${problems.join('; ')}`, { details: { issues } });
  }
  return parsed.data;
}

/** Checks the options without starting anything. @throws RpcError `CONFIG_INVALID` */
export function checkOptions(options: unknown): void {
  parseJobsOptions(options);
}
