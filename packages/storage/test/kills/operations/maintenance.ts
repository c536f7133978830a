import { isRpcError, type Proxy } from '@patchbay/objects';

import { schedules } from '../../../src/catalog/tables.js';
import type { Storage } from '../../../src/index.js';
import { provisioned } from './nodes.js';
import { Due, type OperationCase, type Step } from './operation.js';

const yearly = '0 0 1 1 *';
const scheduled: Step = (storage) => storage.schedule_snapshots('node7', yearly, { keep: 1 });

/** Returns the operations that maintain snapshots, schedules and the catalog. */
export function maintenanceOperations(): readonly OperationCase[] {
  return [
    {
      title: 'create_snapshot',
      operation: (storage) => storage.create_snapshot('keeper', 'base'),
      clones: true,
    },
    {
      title: 'delete_snapshot',
      prepare: [(storage) => storage.create_snapshot('keeper', 'base')],
      operation: (storage) => storage.delete_snapshot('keeper', 'base'),
    },
    { title: 'schedule_snapshots', prepare: [provisioned], operation: scheduled },
    {
      title: 'unschedule',
      prepare: [provisioned, scheduled],
      operation: (storage) => storage.unschedule('node7'),
    },
    {
      title: 'a scheduled snapshot with its retention',
      prepare: [provisioned, scheduled, dueSince(1000)],
      operation: dueSince(2000),
    },
    { title: 'backup_catalog', operation: backUp, isOfFiles: true },
    {
      title: 'confirm_restore',
      prepare: [new Due((catalog) => catalog.noteRestore('a backup'))],
      operation: (storage) => storage.confirm_restore(),
    },
  ];
}

/** Makes every schedule due since a moment, in milliseconds since the Unix epoch. */
function dueSince(atMs: number): Due {
  return new Due((catalog) =>
    catalog.transact(async (tx) => {
      for (const { key, value } of await tx.list(schedules)) {
        tx.put(schedules, key, { ...value, nextAtMs: atMs });
      }
    }),
  );
}

/** Makes the backup `made`, where it is not there already. */
async function backUp(storage: Proxy<Storage>): Promise<void> {
  try {
    await storage.backup_catalog('made');
  } catch (error) {
    if (!isRpcError(error, 'BACKUP_EXISTS')) {
      throw error;
    }
  }
}
