import { expect } from 'chai';

import { refusal } from '@patchbay/objects/testing';

import { connect, reasonOf, World } from '../fakes/world.js';

describe('rename_node', () => {
  it('gives the node another name with its disk, secret, snapshots and schedules', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.schedule('node7', '0 0 * * *', 3);

    await machine.rename('node7', 'node8');

    const after = await machine.provision('node8', 'ubuntu');
    expect(after.disk).to.deep.equal(before.disk);
    expect(after.target).to.deep.equal({
      ...before.target,
      initiator: 'iqn.2026-11.local.patchbay:node.node8',
    });
    expect((await machine.listSnapshots('node8')).map(({ name }) => name)).to.deep.equal(['s']);
    expect(await reasonOf(machine.listSnapshots('node7'))).to.equal('NODE_NOT_FOUND');
    expect(await machine.scheduled()).to.deep.equal(['node8/auto']);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves the old name free, and gives the same when asked again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    const moved = await machine.rename('node7', 'node8');
    expect(await machine.rename('node7', 'node8')).to.deep.equal(moved);
    const { disk } = await machine.provision('node7', 'ubuntu');

    expect(disk.id).to.not.equal(moved.disk.id);
    expect(await reasonOf(machine.rename('node7', 'node8'))).to.equal('NODE_EXISTS');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is not done already where another node has had the old name since, and left snapshots', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.rename('node7', 'node8');
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.detach('node7');

    expect(await reasonOf(machine.rename('node7', 'node8'))).to.equal('NODE_NOT_FOUND');
    expect((await machine.listSnapshots('node7')).map(({ name }) => name)).to.deep.equal(['s']);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('does not disturb a node whose initiator has a name of its own', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const initiator = 'iqn.2026-11.org.example:seven';
    const record = await machine.provision('node7', 'ubuntu', { initiator });
    connect(world, record);

    await machine.rename('node7', 'node8');

    expect(world.targets.connections.get(record.target.iqn)).to.have.lengthOf(1);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is refused while the node is connected by a name that would change, unless it is forced', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    connect(world, await machine.provision('node7', 'ubuntu'));

    const refused = await refusal(machine.rename('node7', 'node8'), 'DISK_IN_USE');
    expect(refused.message).to.match(/shut it down first, or pass --force/);
    await machine.rename('node7', 'node8', true);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is refused where the new name has snapshots of the same names, and for an unknown node', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const name of ['node7', 'node8']) {
      await machine.provision(name, 'ubuntu');
      await machine.snapshot(name, 's');
    }
    await machine.detach('node8');

    expect(await reasonOf(machine.rename('node7', 'node8'))).to.equal('SNAPSHOT_EXISTS');
    expect(await reasonOf(machine.rename('node9', 'node8'))).to.equal('NODE_NOT_FOUND');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('takes any number of snapshots along, with at most 100 operations in a commit', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const names = Array.from({ length: 45 }, (_, index) => `s${String(index + 10)}`);
    for (const name of names) {
      await machine.snapshot('node7', name);
    }
    await machine.schedule('node7', '0 0 * * *', 3);
    const sizes = world.countOperations();

    await machine.rename('node7', 'node8');

    expect(Math.max(...sizes)).to.be.at.most(100);
    expect((await machine.listSnapshots('node8')).map(({ name }) => name)).to.have.members(names);
    expect(await machine.scheduled()).to.deep.equal(['node8/auto']);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('that is half way is finished before the old name is used again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    const commit = world.store.commit.bind(world.store);
    let commits = 0;
    world.store.commit = (...change) => {
      commits += 1;
      return commits === 1 ? commit(...change) : Promise.reject(new Error('no space'));
    };
    await reasonOf(machine.rename('node7', 'node8'));
    world.store.commit = commit;

    await machine.provision('node7', 'ubuntu');

    expect((await machine.listSnapshots('node8')).map(({ name }) => name)).to.deep.equal(['s']);
    expect(await machine.listSnapshots('node7')).to.deep.equal([]);
    await machine.reconciler.run();
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves what was cloned from its snapshots the same', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    const clone = await machine.provision('node9', 'ubuntu', { snapshot: 'node7@s' });

    await machine.rename('node7', 'node8');

    expect(await machine.provision('node9', 'ubuntu', { snapshot: 'node8@s' })).to.deep.equal(clone);
  });
});
