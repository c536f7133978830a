import type { Proxy } from '@patchbay/objects';

import { bootTokens, initiators, macs, nodes, tids, trash } from '../../../src/catalog/tables.js';
import type { Storage } from '../../../src/index.js';
import { kept, provisioned, trashed, withSnapshot } from './nodes.js';
import { Due, type OperationCase } from './operation.js';

/** Loses the record of `node7`, as a catalog does that went back in time. */
const lost = new Due((catalog) =>
  catalog.transact(async (tx) => {
    tx.delete(nodes, 'node7');
    for (const table of [tids, initiators, macs]) {
      for (const { key, value } of await tx.list(table)) {
        if (value === 'node7') {
          tx.delete(table, key);
        }
      }
    }
    tx.delete(bootTokens, 'node7');
  }),
);

/** Returns the operations on disks. The image `ubuntu` and its node `keeper` are there before. */
export function diskOperations(): readonly OperationCase[] {
  return [
    {
      title: 'attach_disk',
      prepare: [provisioned, kept],
      operation: async (storage) => storage.attach_disk(await diskOf(storage, 'node7', 'node8'), 'node8'),
    },
    { title: 'resize_disk', prepare: [provisioned], operation: (storage) => growToTwice(storage) },
    {
      title: 'resize_disk of a connected node',
      prepare: [provisioned],
      operation: (storage) => growToTwice(storage),
      isConnected: true,
    },
    {
      title: 'restore_from_trash',
      prepare: [provisioned, trashed],
      operation: async (storage) => storage.restore_from_trash(await diskOf(storage, 'node7')),
    },
    {
      title: 'empty_trash',
      prepare: [provisioned, trashed],
      operation: (storage) => storage.empty_trash(),
    },
    {
      title: "the end of a disk's time in the trash",
      prepare: [provisioned, trashed],
      operation: new Due((catalog) =>
        catalog.transact(async (tx) => {
          for (const { key, value } of await tx.list(trash)) {
            tx.put(trash, key, { ...value, dueMs: 0 });
          }
        }),
      ),
    },
    {
      title: 'the setting aside of a file without a record',
      prepare: [provisioned],
      operation: lost,
    },
    {
      title: 'adopt_orphan',
      prepare: [provisioned, lost],
      operation: async (storage) => {
        for (const { orphan } of await storage.list_orphans()) {
          await storage.adopt_orphan(orphan, { node: 'node8' });
        }
      },
      // Set aside again, its time begins anew.
      between: [() => Promise.resolve()],
    },
    {
      title: 'delete_orphan',
      prepare: [provisioned, lost],
      operation: async (storage) => {
        for (const { orphan } of await storage.list_orphans()) {
          await storage.delete_orphan(orphan);
        }
      },
    },
    {
      title: 'the fresh clone of an ephemeral disk',
      prepare: [
        (storage) => storage.provision('node7', 'ubuntu', { ephemeral: true, mac: '52:54:00:00:00:07' }),
      ],
      operation: (_storage, site) => site.boot('node7'),
    },
    {
      title: 'restore_snapshot',
      prepare: [provisioned, withSnapshot],
      operation: (storage) => storage.restore_snapshot('node7', 's'),
      clones: true,
    },
    {
      title: 'restore_snapshot of a kept disk',
      prepare: [provisioned, withSnapshot, kept],
      operation: (storage) => storage.restore_snapshot('node7', 's'),
    },
  ];
}

async function growToTwice(storage: Proxy<Storage>): Promise<void> {
  const { sizeBytes } = await storage.show_node('keeper');
  await storage.resize_disk('node7', 2 * sizeBytes);
}

/** Returns the id of the disk that one of some nodes has, or had before it went to the trash. */
async function diskOf(storage: Proxy<Storage>, ...nodes: readonly string[]): Promise<string> {
  const disks = [...(await storage.list_disks()), ...(await storage.list_trash())];
  const found = disks.find(({ node }) => nodes.includes(node));
  if (found === undefined) {
    throw new Error(`no disk of ${nodes.join(' or ')}`);
  }
  return found.diskId;
}
