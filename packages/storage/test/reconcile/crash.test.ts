import { expect } from 'chai';

import { Catalog } from '../../src/catalog/catalog.js';
import { Crash, type Fault, Faults } from '../fakes/faults.js';
import type { Machine } from '../fakes/machine.js';
import { graceMs, World } from '../fakes/world.js';
import { operations } from '../kills/operations/index.js';
import { Due, type OperationCase, type Step } from '../kills/operations/operation.js';
import { siteOf } from '../kills/site.js';

/** What the world's importer can import. */
const sources = {
  raw: 'server:/debian.raw',
  qcow2: 'server:/debian.qcow2',
  web: 'http://web/debian.raw',
};

const faults: readonly Pick<Fault, 'kind' | 'when'>[] = [
  { kind: 'crash', when: 'before' },
  { kind: 'crash', when: 'after' },
  { kind: 'failure', when: 'before' },
  { kind: 'failure', when: 'after' },
];

/** Does a step on a machine; where it is what time makes due, what the machine does at its start. */
async function take(world: World, step: Step | Due, machine: Machine): Promise<void> {
  if (step instanceof Due) {
    await step.change(new Catalog(world.store, world.clock));
    const { failed } = await machine.reconciler.run(true);
    expect(failed).to.deep.equal([]);
    await world.clock.advance(graceMs);
    expect((await machine.reconciler.run()).failed).to.deep.equal([]);
    await machine.runSchedules();
  } else {
    const site = siteOf(machine, sources, () => {
      [...world.targets.specs.keys()].forEach((iqn) => world.targets.addedRules.set(iqn, ['ALL']));
      return Promise.resolve();
    });
    await step(site.storage, site);
  }
}

/** Does the operation with a fault at its nth effect, then lives on. Reports whether the fault struck. */
async function strike({ prepare = [], operation, isTwo }: OperationCase, fault: Fault): Promise<boolean> {
  await using world = await World.open();
  world.bootTokens = true;
  const before = await world.startWithImage();
  const keeper = await before.provision('keeper', 'ubuntu');
  world.pool.write({ kind: 'disk', id: keeper.disk.id }, keeper.disk.sizeBytes, 'kept');
  for (const step of prepare) {
    await take(world, step, before);
  }

  const struck = new Faults(fault);
  let answered = true;
  await take(world, operation, world.start(struck)).catch(() => {
    answered = false;
  });
  if (isTwo !== true) {
    expect(answered, 'an answer although the fault struck').to.equal(!struck.struck);
  }

  const after = world.start();
  const revision = await world.store.revision();
  const planned = await after.reconciler.plan();
  expect(await world.store.revision(), 'what a dry run wrote').to.equal(revision);
  const report = await after.reconciler.run(true);
  expect(planned).to.deep.equal(report);
  await world.clock.advance(graceMs);
  await after.reconciler.run();
  expect(report.failed).to.deep.equal([]);
  expect(await world.leaks()).to.deep.equal([]);
  // What was acknowledged stands.
  expect(await after.provision('keeper', 'ubuntu')).to.deep.equal(keeper);
  expect(world.pool.content({ kind: 'disk', id: keeper.disk.id })).to.equal('kept');
  // Done or undone, it can be done again.
  await take(world, operation, after);
  expect(await world.leaks()).to.deep.equal([]);
  return struck.struck;
}

describe('an operation that is cut short', function () {
  this.timeout(120_000);

  for (const each of operations.filter(({ isOfFiles = false }) => !isOfFiles)) {
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
