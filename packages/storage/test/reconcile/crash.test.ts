import { expect } from 'chai';

import { Crash, type Fault, Faults } from '../fakes/faults.js';
import { graceMs, World } from '../fakes/world.js';
import { type OperationCase, operationCases } from './operation-cases.js';

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

/** Does the operation with a fault at its nth effect, then lives on. Says whether the fault struck. */
async function strike({ prepare, operation }: OperationCase, fault: Fault): Promise<boolean> {
  await using world = await World.open();
  world.bootTokens = true;
  const before = await world.startWithImage();
  const keeper = await before.provision('keeper', 'ubuntu');
  world.pool.write({ kind: 'disk', id: keeper.disk.id }, keeper.disk.sizeBytes, 'kept');
  await prepare(before, sources);

  const struck = new Faults(fault);
  let answered = true;
  await operation(world.start(struck), sources).catch(() => {
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
  await operation(after, sources);
  expect(await world.leaks()).to.deep.equal([]);
  return struck.struck;
}

describe('an operation that is cut short', function () {
  this.timeout(120_000);

  for (const each of operationCases.filter(({ isOfFiles = false }) => !isOfFiles)) {
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
