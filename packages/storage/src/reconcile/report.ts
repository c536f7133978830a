import { z } from 'zod';

import type { Operations } from '../concurrency/operations.js';
import { shownFailure } from '../pool/status.js';
import type { OperationServices } from '../provision/operation-services.js';
import type { Recovery } from '../provision/recovery.js';

/**
 * What a reconcile found and did, or would do. Resources are named `image:NAME`, `node:NAME`, `snapshot:NODE@NAME` or,
 * in the trash, `disk:ID`.
 */
export const reconcileReport = z.object({
  finished: z.array(z.string()).describe('what had been cut short and is finished now'),
  rolledBack: z.array(z.string()).describe('what had been cut short and is undone now'),
  expired: z
    .array(z.string())
    .describe('disks in the trash, and orphans, whose time has passed; they are deleted'),
  exported: z.array(z.string()).describe('nodes whose target was missing or wrong, and is corrected now'),
  foreignAccess: z
    .array(z.string())
    .describe(
      'nodes whose target had rules, accounts or sessions that the catalog does not know; removed, unless the option foreignAccess is report',
    ),
  missing: z.array(z.string()).describe('resources whose file is not in the pool; others are not affected'),
  removedTargets: z
    .array(z.string())
    .describe('targets of ours without a record, and accounts left by such targets'),
  setAside: z
    .array(z.string())
    .describe('files of ours without a record, set aside now; list_orphans shows them'),
  removedTemporaries: z.int().describe('leftovers of interrupted copies'),
  waiting: z
    .array(z.string())
    .describe('targets and files of ours without a record, within their grace period'),
  kept: z
    .array(z.string())
    .describe(
      'what stays after a restore until confirm_restore: targets without a record that are in use or whose file has none either, and nodes whose target is in use and differs from the catalog',
    ),
  foreign: z
    .array(z.string())
    .describe('targets, and files in the pool, that are not ours; they are left alone'),
  busy: z.array(z.string()).describe('resources with an operation under way; they are left to it'),
  failed: z
    .array(z.object({ resource: z.string(), reason: z.string(), message: z.string() }))
    .describe('what cannot be put right now; the next reconcile tries again'),
});
export type ReconcileReport = z.infer<typeof reconcileReport>;

export function emptyReport(): ReconcileReport {
  return {
    finished: [],
    rolledBack: [],
    expired: [],
    exported: [],
    foreignAccess: [],
    missing: [],
    removedTargets: [],
    setAside: [],
    removedTemporaries: 0,
    waiting: [],
    kept: [],
    foreign: [],
    busy: [],
    failed: [],
  };
}

/** What the reconciler compares, and what it puts right with. */
export interface ReconcileServices extends Omit<OperationServices, 'intents'> {
  readonly operations: Operations;
  readonly recovery: Recovery;
}

/** One reconcile under way, with what it has found and done so far. */
export class Round {
  readonly report = emptyReport();
  /** Whether it only reports what it would do. */
  readonly dryRun: boolean;
  readonly services: ReconcileServices;

  constructor(services: ReconcileServices, dryRun = false) {
    this.services = services;
    this.dryRun = dryRun;
  }

  /**
   * Works on one resource as an operation on `held`, and returns the result; undefined where an operation is under way,
   * to which the resource is left, and when it fails.
   */
  async maintain<T>(resource: string, held: string, work: () => Promise<T>): Promise<T | undefined> {
    let result: T | 'busy' | undefined;
    await this.attempt(resource, async () => {
      result = await this.services.operations.maintain(held, work);
    });
    if (result === 'busy') {
      this.report.busy.push(resource);
      return undefined;
    }
    return result;
  }

  /** Works on one resource. When that fails, the report names the resource, and the other ones have their turn. */
  async attempt(resource: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const fields = { resource, error };
      this.services.log.warn('cannot put something right in a reconcile; the next one tries again', fields);
      this.report.failed.push({ resource, ...shownFailure(error) });
    }
  }
}
