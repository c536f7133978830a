import { expect } from 'chai';

import { connect, imageBytes, reasonOf, World } from '../fakes/world.js';

describe('restore_snapshot', () => {
  it('puts the disk back, and leaves its names, secret and snapshots', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    const volume = { kind: 'disk' as const, id: before.disk.id };
    world.pool.write(volume, before.disk.sizeBytes, 'spoilt');

    await machine.restoreSnapshot('node7', 's');

    expect(world.pool.content(volume)).to.equal('ubuntu');
    expect(await machine.provision('node7', 'ubuntu')).to.deep.equal(before);
    expect(await machine.listSnapshots('node7')).to.have.lengthOf(1);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('keeps the size of a disk that has grown since', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.resize('node7', 2 * imageBytes);

    await machine.restoreSnapshot('node7', 's');

    expect(await world.leaks()).to.deep.equal([]);
  });

  it('restores a disk that was kept, which stays detached', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.detach('node7', true);
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'spoilt');

    await machine.restoreSnapshot('node7', 's');

    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('ubuntu');
    expect(world.targets.specs.size).to.equal(0);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is refused while the node is connected, and for what is not there or of another disk', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.detach('node7');
    expect(await reasonOf(machine.restoreSnapshot('node7', 's'))).to.equal('NODE_NOT_FOUND');
    const record = await machine.provision('node7', 'ubuntu');
    expect(await reasonOf(machine.restoreSnapshot('node7', 's'))).to.equal('SNAPSHOT_OF_OTHER_DISK');
    expect(await reasonOf(machine.restoreSnapshot('node7', 't'))).to.equal('SNAPSHOT_NOT_FOUND');
    await machine.snapshot('node7', 'u');
    connect(world, record);
    expect(await reasonOf(machine.restoreSnapshot('node7', 'u'))).to.equal('DISK_IN_USE');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves the disk as it was when the pool is full', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'mine');
    world.pool.onClone = () => Promise.reject(new Error('full'));

    await machine.restoreSnapshot('node7', 's').catch(() => undefined);

    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('mine');
    expect(await world.leaks()).to.deep.equal([]);
  });
});
