import { isRpcError } from '@patchbay/core';

import { takeBackup } from '../../src/backup/take-backup.js';
import { nodes, trash } from '../../src/catalog/tables.js';
import { imageTag, nodeName } from '../../src/names.js';
import { mintBootToken } from '../../src/provision/boot-tokens.js';
import { provisionMany } from '../../src/provision/provision-many.js';
import { unschedule } from '../../src/schedule/schedules.js';
import { bytesOf, type Machine } from '../fakes/world.js';

/** Files with equal content that can be imported, as the machine under test calls them. */
export interface Sources {
  readonly raw: string;
  readonly qcow2: string;
  readonly web: string;
}

/** An operation that changes something, and what must have been done before it. */
export interface OperationCase {
  readonly title: string;
  readonly prepare: (machine: Machine, sources: Sources) => Promise<unknown>;
  readonly operation: (machine: Machine, sources: Sources) => Promise<unknown>;
  /** It concerns several things, each of which is done or undone by itself. */
  readonly isMany?: boolean;
  /** All of its effects are on files, so that it has none where the files are in memory. */
  readonly isOfFiles?: boolean;
  /** The initiator of `node7` is connected, where that can be. */
  readonly isConnected?: boolean;
  /** It clones a disk or an image. */
  readonly clones?: boolean;
}

/** How a node is provisioned that boots over the network. */
const booting = { mac: '52:54:00:00:00:07' };
/** For how long a disk is put into the trash, in milliseconds. */
const trashedForMs = 3_600_000;

const nothing = (): Promise<void> => Promise.resolve();
const provisioned = (machine: Machine): Promise<unknown> => machine.provision('node7', 'ubuntu', booting);
const kept = async (machine: Machine): Promise<void> => {
  await provisioned(machine);
  await machine.detach('node7', true);
};
const trashed = async (machine: Machine): Promise<void> => {
  await provisioned(machine);
  await machine.trash('node7', trashedForMs);
};
const withSnapshot = async (machine: Machine): Promise<void> => {
  await provisioned(machine);
  await machine.snapshot('node7', 's');
};

/** Every operation that changes something; the image `ubuntu` and its node `keeper` are there before. */
export const operationCases: readonly OperationCase[] = [
  { title: 'import_image', prepare: nothing, operation: (m, { raw }) => m.import('debian', raw) },
  {
    title: 'import_image of a qcow2',
    prepare: nothing,
    operation: (m, { qcow2 }) => m.import('debian', qcow2),
  },
  { title: 'import_image of a URL', prepare: nothing, operation: (m, { web }) => m.import('debian', web) },
  {
    title: 'import_image of an upload',
    prepare: nothing,
    operation: (m) => m.import('debian', bytesOf('u'.repeat(512))),
  },
  { title: 'export_image', prepare: nothing, operation: exportImage, isOfFiles: true },
  {
    title: 'copy_image',
    prepare: nothing,
    operation: (m) => m.copyImage('ubuntu', 'copy'),
    clones: true,
  },
  {
    title: 'promote_snapshot',
    prepare: (m) => m.snapshot('keeper', 'base'),
    operation: (m) => m.promote('keeper', 'base', 'golden'),
  },
  {
    title: 'rename_image',
    prepare: (m) => m.copyImage('ubuntu', 'copy'),
    operation: (m) => m.renameImage('copy', 'other'),
  },
  {
    title: 'tag_image',
    prepare: nothing,
    operation: (m) => m.tagImage('ubuntu', { add: [imageTag.parse('lts')] }),
  },
  {
    title: 'untag_image',
    prepare: (m) => m.tagImage('ubuntu', { add: [imageTag.parse('lts')] }),
    operation: (m) => m.tagImage('ubuntu', { remove: [imageTag.parse('lts')] }),
  },
  {
    title: 'delete_image',
    prepare: (m, { raw }) => m.import('debian', raw),
    operation: (m) => m.deleteImage('debian'),
  },
  { title: 'provision', prepare: nothing, operation: provisioned, clones: true },
  {
    title: 'provision --ephemeral --size',
    prepare: nothing,
    operation: async (m) => m.provision('node7', 'ubuntu', { ephemeral: true, sizeBytes: await twice(m) }),
  },
  {
    title: 'provision from a snapshot',
    prepare: (m) => m.snapshot('keeper', 'base'),
    operation: (m) => m.provision('node7', 'ubuntu', { snapshot: 'base' }),
  },
  { title: 'provision of a kept disk', prepare: kept, operation: provisioned },
  { title: 'provision_many', prepare: nothing, operation: provisionSeveral, isMany: true },
  { title: 'detach_node', prepare: provisioned, operation: (m) => m.detach('node7') },
  {
    title: 'detach_node of a connected node',
    prepare: provisioned,
    operation: (m) => m.detach('node7'),
    isConnected: true,
  },
  { title: 'detach_node --keep-disk', prepare: provisioned, operation: (m) => m.detach('node7', true) },
  {
    title: 'detach_node --trash',
    prepare: provisioned,
    operation: (m) => m.trash('node7', trashedForMs),
  },
  {
    title: 'create_snapshot',
    prepare: nothing,
    operation: (m) => m.snapshot('keeper', 'base'),
    clones: true,
  },
  {
    title: 'delete_snapshot',
    prepare: (m) => m.snapshot('keeper', 'base'),
    operation: (m) => m.deleteSnapshot('keeper', 'base'),
  },
  {
    title: 'restore_from_trash',
    prepare: trashed,
    operation: async (m) => m.restore(await diskOf(m, 'node7')),
  },
  {
    title: 'empty_trash',
    prepare: trashed,
    operation: async (m: Machine): Promise<void> => {
      for (const { key } of await m.parts.catalog.list(trash)) {
        await m.deleteTrashed(key);
      }
    },
  },
  {
    title: "the end of a disk's time in the trash",
    prepare: trashed,
    operation: async (m: Machine): Promise<void> => {
      await letTrashExpire(m);
      const { failed } = await m.reconciler.run();
      if (failed.length > 0) {
        throw new Error(JSON.stringify(failed));
      }
    },
  },
  {
    title: 'attach_disk',
    prepare: kept,
    operation: async (m) => m.attach(await diskOf(m, 'node7', 'node8'), 'node8'),
  },
  { title: 'move_node', prepare: withSnapshot, operation: (m) => m.move('node7', 'node8') },
  {
    title: 'resize_disk',
    prepare: provisioned,
    operation: async (m) => m.resize('node7', await twice(m)),
  },
  {
    title: 'resize_disk of a connected node',
    prepare: provisioned,
    operation: async (m) => m.resize('node7', await twice(m)),
    isConnected: true,
  },
  {
    title: 'rotate_credentials --force of a connected node',
    prepare: provisioned,
    operation: (m) => m.rotate('node7', true),
    isConnected: true,
  },
  {
    title: 'move_node --force of a connected node',
    prepare: withSnapshot,
    operation: (m) => m.move('node7', 'node8', true),
    isConnected: true,
  },
  { title: 'rotate_credentials', prepare: provisioned, operation: (m) => m.rotate('node7') },
  {
    title: 'restore_snapshot',
    prepare: withSnapshot,
    operation: (m) => m.restoreSnapshot('node7', 's'),
    clones: true,
  },
  {
    title: 'restore_snapshot of a kept disk',
    prepare: async (m: Machine): Promise<void> => {
      await withSnapshot(m);
      await m.detach('node7', true);
    },
    operation: (m) => m.restoreSnapshot('node7', 's'),
  },
  {
    title: 'the fresh clone of an ephemeral disk',
    prepare: (m) => m.provision('node7', 'ubuntu', { ephemeral: true }),
    operation: (m) => m.freshen('node7'),
  },
  {
    title: 'schedule_snapshots',
    prepare: provisioned,
    operation: (m) => m.schedule('node7', '0 */6 * * *', 4),
  },
  {
    title: 'unschedule',
    prepare: async (m: Machine): Promise<void> => {
      await provisioned(m);
      await m.schedule('node7', '0 */6 * * *', 4);
    },
    operation: (m) => unschedule(m.parts, nodeName.parse('node7')),
  },
  {
    title: 'a scheduled snapshot with its retention',
    prepare: async (m: Machine): Promise<void> => {
      await provisioned(m);
      await m.schedule('node7', '* * * * *', 1);
      await m.makeDue('node7/auto', 1000);
      await m.runSchedules();
      await m.makeDue('node7/auto', 2000);
    },
    operation: (m) => m.runSchedules(),
    isMany: true,
  },
  {
    title: 'renew_boot_token',
    prepare: provisioned,
    operation: ({ parts: { catalog } }) => catalog.transact((tx) => mintBootToken(tx, 'node7')),
  },
  {
    title: 'backup_catalog',
    prepare: nothing,
    operation: async ({ parts }: Machine): Promise<void> => {
      // Once more is another backup, which has another name where it is not given one.
      await takeBackup(parts, 'made').catch((error: unknown) => {
        if (!isRpcError(error, 'BACKUP_EXISTS')) {
          throw error;
        }
      });
    },
    isOfFiles: true,
  },
  {
    title: 'confirm_restore',
    prepare: (m) => m.parts.catalog.noteRestore('a backup'),
    operation: (m) => m.parts.catalog.confirmRestore(),
  },
];

/** Gives twice the size of the image's disks. */
async function twice({ parts: { catalog } }: Machine): Promise<number> {
  const keeper = await catalog.get(nodes, 'keeper');
  return 2 * (keeper?.disk.sizeBytes ?? 0);
}

async function provisionSeveral(machine: Machine): Promise<void> {
  const names = ['node1', 'node2'].map((name) => nodeName.parse(name));
  const { signal } = new AbortController();
  const errors: unknown[] = [];
  for await (const outcome of provisionMany(names, 2, signal, (name) => machine.provision(name, 'ubuntu'))) {
    if ('error' in outcome) {
      errors.push(outcome.error);
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(errors);
  }
}

async function letTrashExpire({ parts: { catalog } }: Machine): Promise<void> {
  await catalog.transact(async (tx) => {
    for (const { key, value } of await tx.list(trash)) {
      tx.put(trash, key, { ...value, untilMs: 0 });
    }
  });
}

async function exportImage({ parts: { catalog, exporter } }: Machine): Promise<void> {
  const keeper = await catalog.get(nodes, 'keeper');
  const volume = { kind: 'image' as const, id: keeper?.disk.imageId ?? '' };
  const sending = exporter.exportImage(volume, 'qcow2', new AbortController().signal);
  while ((await sending.next()).done !== true);
}

/** Gives the id of the disk that one of some nodes has, or had before it went to the trash. */
async function diskOf({ parts: { catalog } }: Machine, ...names: readonly string[]): Promise<string> {
  const records = [...(await catalog.list(nodes)), ...(await catalog.list(trash))];
  const found = records.find(({ value }) => names.includes(value.node));
  if (found === undefined) {
    throw new Error(`no disk of ${names.join(' or ')}`);
  }
  return found.value.disk.id;
}
