import { expect } from 'chai';

import { nodes } from '../../src/catalog/tables.js';
import { Reconciler } from '../../src/reconcile/reconciler.js';
import { emptyReport } from '../../src/reconcile/report.js';
import { viewNodes } from '../../src/views/node-view.js';
import { keepOrphansMs, type Machine } from '../fakes/machine.js';
import { graceMs, reasonOf, World } from '../fakes/world.js';

const foreignTarget = {
  daemon: 0,
  tid: 99,
  iqn: 'iqn.2026-11.org.example:not-ours',
  online: true,
  backingPaths: new Map<number, string>(),
  accounts: [],
  initiators: [],
  connections: [],
};

/** Returns the states that a resource had, by its events. */
async function eventsOf({ parts }: Machine, thing: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { event } of parts.events.all()) {
    if (event.thing === thing) {
      found.push(event.state ?? 'gone');
    }
  }
  return found;
}

describe('Reconciler', () => {
  it('has nothing to do, and writes nothing, where all is as it shall be', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    const revision = await world.store.revision();

    expect(await machine.reconciler.run()).to.deep.equal(emptyReport());

    expect(await world.store.revision()).to.equal(revision);
  });

  it('exports again what is not exported, as it was', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const before = new Map(world.targets.specs);
    world.targets.specs.clear();

    expect(await machine.reconciler.run()).to.have.deep.property('exported', ['node:node7']);

    expect(world.targets.specs).to.deep.equal(before);
  });

  it('removes the rule that somebody added to a target, and tells of it in an event', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');
    world.targets.addedRules.set(target.iqn, ['ALL']);

    const planned = await machine.reconciler.plan();
    expect(planned).to.deep.equal({ ...emptyReport(), foreignAccess: ['node:node7'] });
    expect(await machine.reconciler.run()).to.deep.equal(planned);

    expect(world.targets.addedRules.size).to.equal(0);
    expect(await machine.reconciler.run()).to.deep.equal(emptyReport());
    expect(await eventsOf(machine, 'alert:node7/foreign-access')).to.deep.equal(['raised', 'gone']);
    expect(world.log.lines.map(({ message }) => message)).to.include('raised an alert');
  });

  it('only reports it where the options say so, once, until it is gone or the node is', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { parts, recovery } = machine;
    const options = { graceMs, keepOrphansMs, foreignAccess: 'report' } as const;
    const reconciler = new Reconciler({ ...parts, recovery }, options);
    const { target } = await machine.provision('node7', 'ubuntu');
    await machine.provision('node8', 'ubuntu');
    world.targets.addedAccounts.set(target.iqn, ['eve']);

    await reconciler.run();
    const report = await reconciler.run();

    expect(report).to.deep.equal({ ...emptyReport(), foreignAccess: ['node:node7'] });
    expect(world.targets.addedAccounts.get(target.iqn)).to.deep.equal(['eve']);
    expect((await viewNodes(parts)).map(({ state }) => state)).to.deep.equal(['ready', 'ready']);
    expect(await eventsOf(machine, 'alert:node7/foreign-access')).to.deep.equal(['raised']);
    await machine.detach('node7');
    await reconciler.run();
    expect(await eventsOf(machine, 'alert:node7/foreign-access')).to.deep.equal(['raised', 'gone']);
  });

  it('exports a disk anew whose target has another LUN', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const list = world.targets.list.bind(world.targets);
    world.targets.list = async (daemon) => {
      const [state, ...others] = await list(daemon);
      const backingPaths = new Map([...(state?.backingPaths ?? []), [2, '/etc/shadow']]);
      return [{ ...state!, backingPaths }, ...others];
    };

    expect((await machine.reconciler.plan()).exported).to.deep.equal(['node:node7']);
  });

  it('tells what it would do, and does nothing', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const { disk } = await machine.provision('node8', 'ubuntu');
    await machine.trash('node8', 0);
    world.targets.specs.clear();
    world.pool.write({ kind: 'disk', id: 'nobodys' }, 512, '');
    world.pool.temporaries = 3;
    const revision = await world.store.revision();

    const planned = await machine.reconciler.plan();

    expect(planned).to.deep.equal({
      ...emptyReport(),
      exported: ['node:node7'],
      expired: [`disk:${disk.id}`],
      waiting: ['disk:nobodys'],
      removedTemporaries: 3,
    });
    expect(await world.store.revision()).to.equal(revision);
    expect(world.targets.specs.size).to.equal(0);
    expect(world.pool.temporaries).to.equal(3);
    expect(await machine.reconciler.run()).to.deep.equal(planned);
    await world.clock.advance(graceMs);
    const later = { ...emptyReport(), setAside: ['disk:nobodys'] };
    expect(await machine.reconciler.plan()).to.deep.equal(later);
    expect(await machine.reconciler.run()).to.deep.equal(later);
  });

  it('exports every disk again when the target daemon was restarted', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.provision('node8', 'ubuntu');
    await machine.detach('node8', true);
    const before = new Map(world.targets.specs);

    await world.targets.restart();

    expect(world.targets.specs).to.deep.equal(before);
    expect(before.size).to.equal(1);
  });

  it('begins a rebuild anew when the target daemon is lost again meanwhile', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    world.targets.available = false;

    expect(await reasonOf(machine.reconciler.rebuildExports(0))).to.equal('TARGET_TOOL_UNAVAILABLE');
  });

  it('opens the service to the others when one disk cannot be exported again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('broken', 'ubuntu');
    await machine.provision('node7', 'ubuntu');
    const ensureExported = world.targets.ensureExported.bind(world.targets);
    world.targets.ensureExported = (spec) =>
      spec.iqn === target.iqn ? Promise.reject(new Error('refused')) : ensureExported(spec);

    await world.targets.restart();

    expect(world.targets.specs.size).to.equal(1);
  });

  it('exports the others when the file of one is gone, and tells which', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('broken', 'ubuntu');
    await machine.provision('node7', 'ubuntu');
    world.pool.volumes.delete(`/pool/disk/${disk.id}`);

    await world.targets.restart();
    const report = await machine.reconciler.run();

    expect(report.missing).to.deep.equal(['node:broken']);
    expect(report.failed).to.deep.equal([]);
    const states = (await viewNodes(machine.parts)).map(({ node, state }) => [node, state]);
    expect(states).to.deep.equal([
      ['broken', 'volume-missing'],
      ['node7', 'ready'],
    ]);
  });

  it('names images and snapshots whose files are gone', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    world.pool.volumes.clear();

    expect((await machine.reconciler.run()).missing).to.deep.equal([
      'image:ubuntu',
      'snapshot:node7@s',
      'node:node7',
    ]);
  });

  it('removes what is ours and has no record, but only after the grace period', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const id = '11111111-2222-4333-8444-555555555555';
    world.pool.write({ kind: 'disk', id }, 512, 'lost');
    const iqn = machine.parts.naming.targetOf(id);
    const [spec] = world.targets.specs.values();
    world.targets.specs.set(iqn, { ...spec!, tid: 7, iqn, backingPath: `/pool/disk/${id}` });
    // Of a target whose removal was cut short.
    world.targets.accounts.add(`disk.${id}`).add('somebody');

    expect((await machine.reconciler.run()).waiting).to.deep.equal([iqn, `account:disk.${id}`, `disk:${id}`]);
    await world.clock.advance(graceMs - 1);
    expect((await machine.reconciler.run()).waiting).to.have.lengthOf(3);
    await world.clock.advance(1);
    const report = await machine.reconciler.run();

    expect(report.removedTargets).to.deep.equal([iqn, `account:disk.${id}`]);
    expect([...world.targets.accounts]).to.deep.equal(['somebody']);
    expect(report.setAside).to.deep.equal([`disk:${id}`]);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('begins the grace period anew for what had a record in between', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    const record = await machine.parts.catalog.get(nodes, 'node7');
    const forget = (): Promise<void> =>
      machine.parts.catalog.transact((tx) => {
        tx.delete(nodes, 'node7');
      });
    await forget();
    await machine.reconciler.run();
    await world.clock.advance(graceMs / 2);
    await machine.parts.catalog.transact((tx) => {
      tx.put(nodes, 'node7', record!);
    });
    await machine.reconciler.run();
    await forget();

    await world.clock.advance(graceMs / 2);
    await machine.reconciler.run();

    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('ubuntu');
  });

  it('reports a target that is not ours, and leaves it alone', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    world.targets.foreign.push(foreignTarget);

    await machine.reconciler.run();
    await world.clock.advance(graceMs);
    const report = await machine.reconciler.run();

    expect(report.foreign).to.deep.equal([foreignTarget.iqn]);
    expect(report.removedTargets).to.deep.equal([]);
  });

  it('leaves alone what an operation is under way on', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    let report: unknown;
    world.pool.onClone = async () => {
      report = await machine.reconciler.run();
    };

    const { target } = await machine.provision('node7', 'ubuntu');

    expect(report).to.deep.equal({ ...emptyReport(), busy: ['node:node7'] });
    expect(world.targets.specs.has(target.iqn)).to.equal(true);
  });

  it('does not bring a target back that a detach removes at the same moment', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const ensureExported = world.targets.ensureExported.bind(world.targets);
    let detached: Promise<unknown> | undefined;
    world.targets.ensureExported = async (spec) => {
      // The rebuild has decided to export the disk; now the detach comes, as far as it can get.
      detached = machine.detach('node7');
      await world.clock.advance(0);
      await world.clock.advance(0);
      await ensureExported(spec);
    };

    await world.targets.restart();
    await detached;

    expect(world.targets.specs.size).to.equal(0);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('removes temporary files only where no operation may be writing one', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    world.pool.temporaries = 3;
    let during: number | undefined;
    world.pool.onClone = async () => {
      during = (await machine.reconciler.run()).removedTemporaries;
    };
    await machine.provision('node7', 'ubuntu');

    expect(during).to.equal(0);
    expect((await machine.reconciler.run()).removedTemporaries).to.equal(3);
  });

  it('reports that the target daemon does not answer, and does what is left to do', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    world.targets.available = false;
    world.pool.temporaries = 1;

    const report = await machine.reconciler.run();

    expect(report.failed.map(({ resource, reason }) => `${resource} ${reason}`)).to.include(
      'targets TARGET_TOOL_UNAVAILABLE',
    );
    expect(report.removedTemporaries).to.equal(1);
    expect(await viewNodes(machine.parts)).to.have.nested.property('[0].state', 'degraded');
  });

  it('does nothing to the pool when it cannot be read', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    world.pool.stat = () => Promise.reject(new Error('not mounted'));
    world.pool.list = () => Promise.reject(new Error('not mounted'));

    const report = await machine.reconciler.run();

    expect(report.missing).to.deep.equal([]);
    expect(report.failed).to.not.deep.equal([]);
    expect(JSON.stringify(report)).to.not.contain('not mounted');
    expect(world.pool.volumes.size).to.equal(2);
  });

  it('tells of each round with its report and duration', async () => {
    await using world = await World.open();
    const { parts, recovery } = await world.startWithImage();
    const told: unknown[] = [];
    const reconciler = new Reconciler(
      { ...parts, recovery },
      { graceMs, keepOrphansMs, ended: (...round) => told.push(round) },
    );

    const report = await reconciler.run();

    expect(told).to.deep.equal([[report, 0]]);
  });
});
