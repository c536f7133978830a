import { expect } from 'chai';

import { nodes, trash } from '../../src/catalog/tables.js';
import { Crash, type Fault, Faults } from '../fakes/faults.js';
import { imageTag } from '../../src/names.js';
import { bytesOf, graceMs, imageBytes, type Machine, World } from '../fakes/world.js';

/** An operation, and what must have been done before it. */
interface Case {
  readonly title: string;
  readonly prepare: (machine: Machine) => Promise<unknown>;
  readonly operation: (machine: Machine) => Promise<unknown>;
}

/** How a node is provisioned that boots over the network. */
const booting = { mac: '52:54:00:00:00:07' };
const nothing = (): Promise<void> => Promise.resolve();

const cases: readonly Case[] = [
  { title: 'import_image', prepare: nothing, operation: (m) => m.import('debian', 'server:/debian.raw') },
  {
    title: 'import_image of an upload',
    prepare: nothing,
    operation: (m) => m.import('debian', bytesOf('uploaded')),
  },
  { title: 'copy_image', prepare: nothing, operation: (m) => m.copyImage('ubuntu', 'copy') },
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
    title: 'delete_image',
    prepare: (m) => m.import('debian', 'server:/debian.raw'),
    operation: (m) => m.deleteImage('debian'),
  },
  { title: 'provision', prepare: nothing, operation: (m) => m.provision('node7', 'ubuntu', booting) },
  {
    title: 'provision from a snapshot',
    prepare: (m) => m.snapshot('keeper', 'base'),
    operation: (m) => m.provision('node7', 'ubuntu', { snapshot: 'base' }),
  },
  {
    title: 'provision of a kept disk',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu', booting);
      await m.detach('node7', true);
    },
    operation: (m) => m.provision('node7', 'ubuntu', booting),
  },
  {
    title: 'detach_node',
    prepare: (m) => m.provision('node7', 'ubuntu', booting),
    operation: (m) => m.detach('node7'),
  },
  {
    title: 'detach_node --keep-disk',
    prepare: (m) => m.provision('node7', 'ubuntu', booting),
    operation: (m) => m.detach('node7', true),
  },
  { title: 'create_snapshot', prepare: nothing, operation: (m) => m.snapshot('keeper', 'base') },
  {
    title: 'delete_snapshot',
    prepare: (m) => m.snapshot('keeper', 'base'),
    operation: (m) => m.deleteSnapshot('keeper', 'base'),
  },
  {
    title: 'detach_node --trash',
    prepare: (m) => m.provision('node7', 'ubuntu'),
    operation: (m) => m.trash('node7', 2 * graceMs),
  },
  {
    title: 'restore_from_trash',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu');
      await m.trash('node7', 2 * graceMs);
    },
    operation: async (m) => m.restore(await diskOf(m, 'node7')),
  },
  {
    title: 'empty_trash',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu');
      await m.trash('node7', 2 * graceMs);
    },
    operation: async (m) => {
      for (const { key } of await m.parts.catalog.list(trash)) {
        await m.deleteTrashed(key);
      }
    },
  },
  {
    title: 'attach_disk',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu');
      await m.detach('node7', true);
    },
    operation: async (m) => m.attach(await diskOf(m, 'node7', 'node8'), 'node8'),
  },
  {
    title: 'move_node',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu', { mac: '52:54:00:00:00:07' });
      await m.snapshot('node7', 's');
    },
    operation: (m) => m.move('node7', 'node8'),
  },
  {
    title: 'resize_disk',
    prepare: (m) => m.provision('node7', 'ubuntu'),
    operation: (m) => m.resize('node7', 2 * imageBytes),
  },
  {
    title: 'rotate_credentials',
    prepare: (m) => m.provision('node7', 'ubuntu'),
    operation: (m) => m.rotate('node7'),
  },
  {
    title: 'restore_snapshot',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu');
      await m.snapshot('node7', 's');
    },
    operation: (m) => m.restoreSnapshot('node7', 's'),
  },
  {
    title: 'restore_snapshot of a kept disk',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu');
      await m.snapshot('node7', 's');
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
    title: 'a scheduled snapshot with its retention',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu');
      await m.schedule('node7', '* * * * *', 1);
      await m.makeDue('node7/auto', 1000);
      await m.runSchedules();
      await m.makeDue('node7/auto', 2000);
    },
    operation: (m) => m.runSchedules(),
  },
];

/** Gives the id of the disk that one of some nodes has, or had before it went to the trash. */
async function diskOf({ parts: { catalog } }: Machine, ...names: readonly string[]): Promise<string> {
  const records = [...(await catalog.list(nodes)), ...(await catalog.list(trash))];
  const found = records.find(({ value }) => names.includes(value.node));
  if (found === undefined) {
    throw new Error(`no disk of ${names.join(' or ')}`);
  }
  return found.value.disk.id;
}

const faults: readonly Pick<Fault, 'kind' | 'when'>[] = [
  { kind: 'crash', when: 'before' },
  { kind: 'crash', when: 'after' },
  { kind: 'failure', when: 'before' },
  { kind: 'failure', when: 'after' },
];

/** Does the operation with a fault at its nth effect, then lives on. Says whether the fault struck. */
async function strike({ prepare, operation }: Case, fault: Fault): Promise<boolean> {
  await using world = await World.open();
  world.bootTokens = true;
  const before = await world.startWithImage();
  const keeper = await before.provision('keeper', 'ubuntu');
  world.pool.write({ kind: 'disk', id: keeper.disk.id }, keeper.disk.sizeBytes, 'kept');
  await prepare(before);

  const struck = new Faults(fault);
  let answered = true;
  await operation(world.start(struck)).catch(() => {
    answered = false;
  });
  expect(answered, 'an answer although the fault struck').to.equal(!struck.struck);

  const after = world.start();
  const revision = await world.store.revision();
  const foreseen = await after.reconciler.foresee();
  expect(await world.store.revision(), 'what a dry run wrote').to.equal(revision);
  const report = await after.reconciler.run(true);
  expect(foreseen).to.deep.equal(report);
  await world.clock.advance(graceMs);
  await after.reconciler.run();
  expect(report.failed).to.deep.equal([]);
  expect(await world.leaks()).to.deep.equal([]);
  // What was acknowledged stands.
  expect(await after.provision('keeper', 'ubuntu')).to.deep.equal(keeper);
  expect(world.pool.content({ kind: 'disk', id: keeper.disk.id })).to.equal('kept');
  // Done or undone, it can be done again.
  await operation(after);
  expect(await world.leaks()).to.deep.equal([]);
  return struck.struck;
}

describe('an operation that is cut short', function () {
  this.timeout(120_000);

  for (const each of cases) {
    for (const { kind, when } of faults) {
      const what = kind === 'crash' ? 'the process dies' : 'an effect fails';
      it(`is done or undone when ${what} ${when} any effect of ${each.title}`, async () => {
        let at = 1;
        while (await strike(each, { kind, when, at })) {
          at += 1;
        }
        expect(at, 'effects that were struck').to.be.greaterThan(1);
      });
    }
  }

  it('is undone by the operation itself when an effect fails', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    world.pool.onClone = () => Promise.reject(new Crash());

    await machine.provision('node7', 'ubuntu').catch(() => undefined);

    expect(await world.leaks()).to.deep.equal([]);
    expect(world.pool.volumes.size).to.equal(1);
  });
});
