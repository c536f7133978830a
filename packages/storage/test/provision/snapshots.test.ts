import { expect } from 'chai';

import { reasonOf, World } from '../fakes/world.js';

describe('create_snapshot', () => {
  it('copies the disk as it is', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');

    const { id } = await machine.snapshot('node7', 's');
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'later');

    expect(world.pool.content({ kind: 'snapshot', id })).to.equal('ubuntu');
  });

  it('gives the same snapshot when asked again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    const first = await machine.snapshot('node7', 's');
    await world.clock.advance(1000);

    expect(await machine.snapshot('node7', 's')).to.deep.equal(first);
  });

  it("refuses the name of a snapshot of the node's former disk", async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.detach('node7');
    await machine.provision('node7', 'ubuntu');

    expect(await reasonOf(machine.snapshot('node7', 's'))).to.equal('SNAPSHOT_EXISTS');
  });

  it('refuses a node that has no disk, with a suggestion', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    const error = await machine.snapshot('ndoe7', 's').catch((each: unknown) => each);

    expect(error).to.have.property('message', 'no node "ndoe7"; did you mean "node7"?');
  });

  it('takes the export away while a pool without clones copies a disk that nobody uses', async () => {
    await using world = await World.open();
    world.pool.copyOnWrite = false;
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');
    let exported: boolean | undefined;
    world.pool.onClone = () => {
      exported = world.targets.specs.has(target.iqn);
      return Promise.resolve();
    };

    await machine.snapshot('node7', 's');

    expect(exported).to.equal(false);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is refused in a pool without clones while the node is connected', async () => {
    await using world = await World.open();
    world.pool.copyOnWrite = false;
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');
    const connection = { sid: 1, cid: 0, initiator: target.initiator, address: '10.0.0.7' };
    world.targets.connections.set(target.iqn, [connection]);

    expect(await reasonOf(machine.snapshot('node7', 's'))).to.equal('DISK_IN_USE');

    expect(world.targets.connections.get(target.iqn)).to.deep.equal([connection]);
    expect(await world.leaks()).to.deep.equal([]);
  });
});

describe('list_snapshots', () => {
  it('lists the oldest first', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    for (const name of ['z', 'a', 'm']) {
      await machine.snapshot('node7', name);
      await world.clock.advance(1000);
    }

    expect((await machine.listSnapshots('node7')).map(({ name }) => name)).to.deep.equal(['z', 'a', 'm']);
  });

  it('is empty for a node without snapshots, and refused for an unknown one', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    expect(await machine.listSnapshots('node7')).to.deep.equal([]);
    expect(await reasonOf(machine.listSnapshots('node8'))).to.equal('NODE_NOT_FOUND');
  });
});

describe('delete_snapshot', () => {
  it('removes it, and is content when there is none', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');

    expect(await machine.deleteSnapshot('node7', 's')).to.equal(true);
    expect(await machine.deleteSnapshot('node7', 's')).to.equal(false);
    expect(await machine.deleteSnapshot('node8', 's')).to.equal(false);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves the disks that were cloned from it', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    const { disk } = await machine.provision('node8', 'ubuntu', { snapshot: 's' });

    await machine.deleteSnapshot('node7', 's');

    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('ubuntu');
  });

  it('is refused while a disk is being cloned from it', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    let reason: unknown;
    world.pool.onClone = async () => {
      reason = await reasonOf(machine.deleteSnapshot('node7', 's'));
    };

    await machine.provision('node8', 'ubuntu', { snapshot: 's' });

    expect(reason).to.equal('OPERATION_PENDING');
  });
});
