import { readFile } from 'node:fs/promises';

import {
  type Access,
  formatDuration,
  type MethodDefinition,
  type Role,
  type RpcError,
} from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { defineStorage } from '../../src/object/storage-object.js';
import { World } from '../fakes/world.js';
import { operations } from '../kills/operations/index.js';
import { badNameRows } from './bad-names.js';
import { dispatch } from './dispatch.js';

const reference = new URL('../../../../../docs/reference/storage.md', import.meta.url);

/** Methods that change nothing. Whatever is not here has to be safe from kills, and tell its steps. */
const readOnly: readonly string[] = [
  'list_all_images',
  'show_image',
  'list_nodes',
  'show_node',
  'show_credentials',
  'list_disks',
  'list_trash',
  'list_orphans',
  'list_snapshots',
  'list_schedules',
  'watch',
  'history',
  'pool_info',
  'status',
  'fsck',
];
/** It does what every start does, which all kill cases do too; the reference has it in its own words. */
const reconcile = 'reconcile';
/** Methods that change records alone. */
const brief: readonly string[] = [
  'rename_image',
  'tag_image',
  'untag_image',
  'schedule_snapshots',
  'unschedule',
  'renew_boot_token',
];
/** Who may call each method. */
const levels: Readonly<Record<Exclude<Access, 'open' | 'member'>, readonly string[]>> = {
  view: [
    'list_all_images',
    'show_image',
    'list_nodes',
    'show_node',
    'list_disks',
    'list_trash',
    'list_orphans',
    'list_snapshots',
    'list_schedules',
    'watch',
    'history',
    'pool_info',
    'status',
    'fsck',
    'reconcile', // with --dry-run; without it, operators
  ],
  operate: [
    'import_image', // from server:/PATH, admins
    'export_image',
    'copy_image',
    'promote_snapshot',
    'rename_image',
    'tag_image',
    'untag_image',
    'delete_image',
    'provision',
    'provision_many',
    'detach_node',
    'rename_node',
    'show_credentials',
    'rotate_credentials',
    'renew_boot_token',
    'attach_disk',
    'resize_disk',
    'restore_from_trash',
    'empty_trash',
    'create_snapshot',
    'restore_snapshot',
    'delete_snapshot',
    'schedule_snapshots',
    'unschedule',
    'adopt_orphan',
    'delete_orphan',
  ],
  administer: ['backup_catalog', 'confirm_restore'],
};
/** Methods whose arguments are no names: a glob, and a revision. */
const nameless: readonly string[] = ['list_nodes', 'watch'];

/** Lists the methods of the storage object. */
async function methods(): Promise<readonly (readonly [name: string, definition: MethodDefinition])[]> {
  await using world = await World.open();
  return Object.entries(defineStorage(world.start().parts, () => Promise.resolve()).methods);
}

describe('A method of the storage object', () => {
  it('says who may call it; a new one needs a row', async () => {
    const declared: Record<string, string[]> = {};
    for (const [name, { access = 'none' }] of await methods()) {
      (declared[access] ??= []).push(name);
    }
    expect(Object.keys(declared)).to.have.members(Object.keys(levels));
    for (const [access, names] of Object.entries(levels)) {
      expect(declared[access], access).to.have.members(names);
    }
  });

  it('has a time limit of its own where it may take longer than a minute', async () => {
    const limits: Record<string, string[]> = {};
    for (const [name, { timeoutMs }] of await methods()) {
      (limits[timeoutMs === 'none' ? timeoutMs : formatDuration(timeoutMs)] ??= []).push(name);
    }
    expect(limits.none).to.have.members(['import_image', 'export_image', 'provision_many', 'watch']);
    expect(limits['1d']).to.have.members([
      'provision',
      'copy_image',
      'promote_snapshot',
      'create_snapshot',
      'restore_snapshot',
    ]);
    expect(limits['1h']).to.have.members(['fsck', 'reconcile', 'empty_trash', 'backup_catalog']);
    expect(limits['1m']).to.have.members([
      ...readOnly.filter((name) => !['watch', 'fsck'].includes(name)),
      ...brief,
    ]);
  });

  it('demands more of its caller where its arguments do', async () => {
    await using world = await World.open();
    const machine = world.start();
    const as = (role: Role, method: string, ...argv: string[]): Promise<RpcError> =>
      refusal(dispatch(machine, method, { argv }, undefined, [{ role, objects: 'storage', methods: '*' }]));
    const errors = [
      await as('viewer', 'reconcile'),
      await as('operator', 'import_image', 'ubuntu', 'server:/srv/ubuntu.raw'),
    ];
    expect(errors.map(({ reason, details }) => [reason, details.role])).to.deep.equal([
      ['CALLER_REFUSED', 'operator'],
      ['CALLER_REFUSED', 'admin'],
    ]);
    const unready = await as('admin', 'import_image', 'ubuntu', 'server:/srv/ubuntu.raw');
    expect(unready.reason).to.equal('SOURCE_NOT_FOUND');
  });

  it('that changes something has a row with its steps in docs/reference/storage.md', async () => {
    const text = await readFile(reference, 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `') || line.startsWith('| a '));

    const forgotten = (await methods())
      .map(([name]) => name)
      .filter((name) => !readOnly.includes(name) && name !== reconcile)
      .filter((name) => !rows.some((row) => row.split('|')[1]?.includes(`\`${name}`)));

    expect(forgotten, 'add a row to docs/reference/storage.md').to.deep.equal([]);
  });

  it('that changes something is killed at every effect', async () => {
    const killed = new Set(operations.map(({ title }) => title.split(' ')[0]));

    const forgotten = (await methods())
      .map(([name]) => name)
      .filter((name) => !readOnly.includes(name) && name !== reconcile && !killed.has(name));

    expect(forgotten, 'add a case to test/kills/operations').to.deep.equal([]);
  });

  it('that takes a name refuses bad ones', async () => {
    const refused = new Set(badNameRows.map(([method]) => method));

    const forgotten = (await methods())
      .filter(([name, { args }]) => args.length > 0 && !nameless.includes(name) && !refused.has(name))
      .map(([name]) => name);

    expect(forgotten, 'add a row to test/object/bad-names.ts').to.deep.equal([]);
  });

  it('is named rightly where it is left out here', async () => {
    const names = (await methods()).map(([name]) => name);
    expect([...readOnly, ...nameless, reconcile].filter((name) => !names.includes(name))).to.deep.equal([]);
    const known = badNameRows.map(([method]) => method);
    expect(known.filter((name) => !names.includes(name))).to.deep.equal([]);
  });
});
