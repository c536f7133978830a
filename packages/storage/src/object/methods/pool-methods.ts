import { z } from 'zod';

import { arg, method } from '@patchbay/objects/define';

import { backupName, takeBackup } from '../../backup/take-backup.js';
import { checkStorage, finding } from '../../fsck/check-storage.js';
import { describePool, poolInfo } from '../../pool/pool-info.js';
import { statusOf, storageStatus } from '../../pool/status.js';
import { type Parts } from '../../provision/parts.js';

/** Makes the methods by which operators watch the pool and keep the catalog safe. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function poolMethods(parts: Parts) {
  return {
    pool_info: method({
      summary: 'Tell how full the pool is, what is promised of it, and the quotas',
      returns: poolInfo,
      idempotent: true,
      run: () => describePool(parts),
    }),
    status: method({
      summary: 'Say whether the catalog, the pool and the targets work, and what is wrong with them',
      returns: storageStatus,
      idempotent: true,
      run: () => statusOf(parts),
    }),
    fsck: method({
      summary: 'Compare the catalog, the files and the targets; nothing is changed',
      returns: z.array(finding),
      idempotent: true,
      run: () => checkStorage(parts),
    }),
    backup_catalog: method({
      summary: 'Write a backup of the catalog, while it is used, to the backup directory of the server',
      args: [arg('name', backupName.optional(), "the backup's name; default: made from the date and time")],
      returns: z.object({ path: z.string().describe("on the server's host"), sizeBytes: z.int() }),
      run: (name) => takeBackup(parts, name),
    }),
    confirm_restore: method({
      summary:
        'After a restored backup: remove the files that it does not know, which were kept until now; see fsck',
      returns: z.object({ confirmed: z.boolean().describe('false when no restore awaited it') }),
      idempotent: true,
      run: async () => ({ confirmed: await parts.catalog.confirmRestore() }),
    }),
  };
}
