import { expect } from 'chai';

import { nodeRecord, nodes } from '../../src/catalog/tables.js';
import { daemonsInUse } from '../../src/provision/target-allocator.js';
import { World } from '../fakes/world.js';

describe('the targets that nodes are given', () => {
  it('have the lowest ids that are free, also after a restart', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const node of ['a', 'b', 'c', 'd']) {
      await machine.provision(node, 'ubuntu');
    }
    await machine.detach('b');
    await machine.detach('a');
    const restarted = world.start();
    const ids = [];
    for (const node of ['e', 'f', 'g']) {
      ids.push((await restarted.provision(node, 'ubuntu')).target.tid);
    }
    await restarted.detach('c');
    ids.push((await restarted.provision('h', 'ubuntu')).target.tid);
    expect(ids).to.deep.equal([1, 2, 5, 3]);
  });

  it('are all different when many are asked for at once', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const names = Array.from({ length: 30 }, (_, index) => `n${String(index)}`);
    const made = await Promise.all(names.map((node) => machine.provision(node, 'ubuntu')));
    expect(new Set(made.map(({ target }) => target.tid)).size).to.equal(30);
  });

  it('go to the next daemon when the one before has its share, and back when there is room again', async () => {
    await using world = await World.open();
    world.targets.targetsPerDaemon = 2;
    const machine = await world.startWithImage();
    const daemons = [];
    for (const node of ['a', 'b', 'c']) {
      daemons.push((await machine.provision(node, 'ubuntu')).target.daemon);
    }
    await machine.detach('a');
    daemons.push((await machine.provision('d', 'ubuntu')).target.daemon);
    expect(daemons).to.deep.equal([0, 0, 1, 0]);
    expect(await daemonsInUse(machine.parts.catalog)).to.equal(2);
  });

  it('are on the first daemon where the record is of a time when there was one only', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const made = await machine.provision('a', 'ubuntu');
    const { daemon, ...target } = made.target;
    expect(nodeRecord.parse({ ...made, target })).to.deep.equal({ ...made, target: { ...target, daemon } });
    expect(await machine.parts.catalog.get(nodes, 'a')).to.deep.equal(made);
  });

  it('are rebuilt on the daemon that was lost alone', async () => {
    await using world = await World.open();
    world.targets.targetsPerDaemon = 1;
    const machine = await world.startWithImage();
    await machine.provision('a', 'ubuntu');
    const { target } = await machine.provision('b', 'ubuntu');
    const exported: string[] = [];
    const ensureExported = world.targets.ensureExported.bind(world.targets);
    world.targets.ensureExported = (spec) => {
      exported.push(spec.iqn);
      return ensureExported(spec);
    };
    await world.targets.restart(1);
    expect(exported).to.deep.equal([target.iqn]);
    expect(world.targets.specs.size).to.equal(2);
  });
});
