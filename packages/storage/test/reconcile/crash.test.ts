import { expect } from 'chai';

import { Crash, type Fault, Faults } from '../fakes/faults.js';
import { graceMs, type Machine, World } from '../fakes/world.js';

/** An operation, and what must have been done before it. */
interface Case {
  readonly title: string;
  readonly prepare: (machine: Machine) => Promise<unknown>;
  readonly operation: (machine: Machine) => Promise<unknown>;
}

const nothing = (): Promise<void> => Promise.resolve();

const cases: readonly Case[] = [
  { title: 'import_image', prepare: nothing, operation: (m) => m.import('debian', '/debian.raw') },
  {
    title: 'delete_image',
    prepare: (m) => m.import('debian', '/debian.raw'),
    operation: (m) => m.deleteImage('debian'),
  },
  { title: 'provision', prepare: nothing, operation: (m) => m.provision('node7', 'ubuntu') },
  {
    title: 'provision from a snapshot',
    prepare: (m) => m.snapshot('keeper', 'base'),
    operation: (m) => m.provision('node7', 'ubuntu', { snapshot: 'base' }),
  },
  {
    title: 'provision of a kept disk',
    prepare: async (m) => {
      await m.provision('node7', 'ubuntu');
      await m.detach('node7', true);
    },
    operation: (m) => m.provision('node7', 'ubuntu'),
  },
  {
    title: 'detach_node',
    prepare: (m) => m.provision('node7', 'ubuntu'),
    operation: (m) => m.detach('node7'),
  },
  {
    title: 'detach_node --keep-disk',
    prepare: (m) => m.provision('node7', 'ubuntu'),
    operation: (m) => m.detach('node7', true),
  },
  { title: 'create_snapshot', prepare: nothing, operation: (m) => m.snapshot('keeper', 'base') },
  {
    title: 'delete_snapshot',
    prepare: (m) => m.snapshot('keeper', 'base'),
    operation: (m) => m.deleteSnapshot('keeper', 'base'),
  },
];

const faults: readonly Pick<Fault, 'kind' | 'when'>[] = [
  { kind: 'crash', when: 'before' },
  { kind: 'crash', when: 'after' },
  { kind: 'failure', when: 'before' },
  { kind: 'failure', when: 'after' },
];

/** Does the operation with a fault at its nth effect, then lives on. Says whether the fault struck. */
async function strike({ prepare, operation }: Case, fault: Fault): Promise<boolean> {
  await using world = await World.open();
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
  const report = await after.reconciler.run(true);
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
        expect(at, 'effects that were struck').to.be.greaterThan(2);
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
