import { arg, method } from '@patchbay/objects/define';
import { z } from 'zod';

import { backupName, takeBackup } from '../../backup/take-backup.js';
import { checkStorage, finding, refuseFindings, severities } from '../../fsck/check-storage.js';
import { describePool, poolInfo } from '../../pool/pool-info.js';
import { statusOf, storageStatus } from '../../pool/status.js';
import { reconcileReport } from '../../reconcile/report.js';
import type { StorageServices } from '../storage-services.js';
import { partlyFailed } from '../partly-failed.js';
import { flag, timeLimits } from './arguments.js';

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function operatorMethods(services: StorageServices) {
  const { catalog, reconciler } = services;
  return {
    pool_info: method({
      summary: 'Show how full the pool is, how much of it is promised, and the quotas',
      access: 'view',
      returns: poolInfo,
      idempotent: true,
      run: () => describePool(services),
    }),
    status: method({
      summary: 'Show whether the catalog, the pool and the targets work, and what is wrong with them',
      access: 'view',
      returns: storageStatus,
      idempotent: true,
      run: () => statusOf(services),
    }),
    fsck: method({
      summary: 'Compare the catalog, the files and the targets, without changing anything',
      access: 'view',
      options: {
        failOn: z
          .enum(severities)
          .optional()
          .describe('fail if something of this severity or a worse one is found; default: list it only'),
      },
      returns: z.array(finding),
      idempotent: true,
      timeoutMs: timeLimits.upkeep,
      run: async ({ failOn }) => {
        const findings = await checkStorage(services);
        if (failOn !== undefined) {
          refuseFindings(findings, failOn);
        }
        return findings;
      },
    }),
    backup_catalog: method({
      summary: 'Write a backup of the catalog, while it is in use, to the backup directory of the server',
      access: 'administer',
      args: [arg('name', backupName.optional(), "the backup's name; default: made from the date and time")],
      returns: z.object({ path: z.string().describe("on the server's host"), sizeBytes: z.int() }),
      timeoutMs: timeLimits.upkeep,
      run: (name) => takeBackup(services, name),
    }),
    confirm_restore: method({
      summary:
        'Confirm a restored catalog: files that it does not know, kept in place until now, are set aside; see fsck',
      access: 'administer',
      returns: z.object({ confirmed: z.boolean().describe('false when no restore was waiting for it') }),
      idempotent: true,
      timeoutMs: timeLimits.changing,
      run: async () => ({ confirmed: await catalog.confirmRestore() }),
    }),
    reconcile: method({
      summary: 'Compare the pool and the targets with the catalog now, and put right what differs',
      access: 'view', // of what it would do; operators for what it does
      options: { dryRun: flag('only show what it would do') },
      returns: reconcileReport,
      idempotent: true,
      timeoutMs: timeLimits.upkeep,
      run: async ({ dryRun }, context) => {
        if (!dryRun) {
          context.requireAccess('operate');
        }
        const report = await (dryRun ? reconciler.plan() : reconciler.run());
        if (report.failed.length > 0) {
          throw partlyFailed('could not put everything right', 'resource', report);
        }
        return report;
      },
    }),
  };
}
