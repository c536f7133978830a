import { z } from 'zod';

import { isRpcError } from '@patchbay/objects';

/**
 * What a reconcile found and did, or would do. Things are named `image:NAME`, `node:NAME`, `snapshot:NODE@NAME` or,
 * in the trash, `disk:ID`.
 */
export const reconcileReport = z.object({
  finished: z.array(z.string()).describe('removals that had been cut short and are done now'),
  rolledBack: z.array(z.string()).describe('what had been cut short while it was made, and is gone now'),
  expired: z.array(z.string()).describe('disks whose time in the trash had passed; they were deleted'),
  exported: z.array(z.string()).describe('nodes whose target was missing or wrong, and is right now'),
  missing: z
    .array(z.string())
    .describe('things whose file is not in the pool; the others are not touched by it'),
  removedTargets: z
    .array(z.string())
    .describe('targets of ours without a record, and accounts that were of such'),
  removedVolumes: z.array(z.string()).describe('files of ours without a record'),
  removedTemporaries: z.int().describe('leftovers of interrupted copies'),
  waiting: z
    .array(z.string())
    .describe('targets and files of ours without a record, within their grace period'),
  foreign: z
    .array(z.string())
    .describe('targets, and files in the pool, that are not ours; they are left alone'),
  busy: z.array(z.string()).describe('things that an operation was under way on; they were left to it'),
  failed: z
    .array(z.object({ thing: z.string(), reason: z.string(), message: z.string() }))
    .describe('what could not be put right now; the next reconcile tries again'),
});
export type ReconcileReport = z.infer<typeof reconcileReport>;

/** Makes a report that has nothing to say. */
export function emptyReport(): ReconcileReport {
  return {
    finished: [],
    rolledBack: [],
    expired: [],
    exported: [],
    missing: [],
    removedTargets: [],
    removedVolumes: [],
    removedTemporaries: 0,
    waiting: [],
    foreign: [],
    busy: [],
    failed: [],
  };
}

/** Describes a failure as the report may show it: an unexpected error's words stay in the log. */
export function failureOf(thing: string, error: unknown): ReconcileReport['failed'][number] {
  return isRpcError(error)
    ? { thing, reason: error.reason, message: error.message }
    : { thing, reason: 'UNEXPECTED', message: 'failed unexpectedly; the server logged it' };
}
