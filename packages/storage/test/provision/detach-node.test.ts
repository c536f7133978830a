import { expect } from 'chai';

import { storageError } from '../../src/errors.js';
import { reasonOf, World } from '../fakes/world.js';

describe('detach_node', () => {
  it('removes target and disk, and forgets the node', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');

    const detached = await machine.detach('node7');

    expect(detached).to.deep.equal({
      node: 'node7',
      detached: true,
      diskId: disk.id,
      diskKept: false,
      snapshots: [],
    });
    expect(world.targets.specs.size).to.equal(0);
    expect(world.pool.volumes.size).to.equal(1);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('does nothing for a node that has no disk', async () => {
    await using world = await World.open();
    const machine = world.start();

    expect(await machine.detach('node7')).to.include({ detached: false, diskKept: false });
  });

  it('keeps the disk when told to, and the next provision takes it again with a new secret', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const first = await machine.provision('node7', 'ubuntu');
    world.pool.write({ kind: 'disk', id: first.disk.id }, first.disk.sizeBytes, 'mine');

    expect(await machine.detach('node7', true)).to.include({ detached: true, diskKept: true });
    expect(world.targets.specs.size).to.equal(0);
    const second = await machine.provision('node7', 'ubuntu');

    expect(second.disk).to.deep.equal(first.disk);
    expect(second.target.iqn).to.equal(first.target.iqn);
    expect(second.target.chap.secret).to.not.equal(first.target.chap.secret);
    expect(world.pool.content({ kind: 'disk', id: first.disk.id })).to.equal('mine');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('refuses to replace a kept disk, until it is detached without keeping it', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.import('debian', 'server:/debian.raw');
    await machine.provision('node7', 'ubuntu');
    await machine.detach('node7', true);

    const error = await machine.provision('node7', 'debian').catch((each: unknown) => each);
    expect(error).to.have.property('reason', 'NODE_EXISTS');
    expect(error).to.have.property('message').that.contains('without --keep-disk');

    expect(await machine.detach('node7')).to.include({ detached: true, diskKept: false });
    await machine.provision('node7', 'debian');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('gives the initiator name of a kept disk free', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const initiator = 'iqn.2026-11.org.example:shared';
    await machine.provision('node7', 'ubuntu', { initiator });
    await machine.detach('node7', true);

    expect(await machine.provision('node8', 'ubuntu', { initiator })).to.have.property('state', 'ready');
    expect(await reasonOf(machine.provision('node7', 'ubuntu', { initiator }))).to.equal('INITIATOR_IN_USE');
  });

  it('tells which snapshots stay', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 'before-upgrade');

    expect(await machine.detach('node7')).to.have.deep.property('snapshots', ['before-upgrade']);
    expect(await machine.listSnapshots('node7')).to.have.lengthOf(1);
  });

  it('stays decided when the target is busy, and is finished when tried again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const ensureRemoved = world.targets.ensureRemoved.bind(world.targets);
    world.targets.ensureRemoved = () => Promise.reject(storageError('TARGET_BUSY', 'busy'));

    expect(await reasonOf(machine.detach('node7'))).to.equal('TARGET_BUSY');
    world.targets.ensureRemoved = ensureRemoved;
    await machine.detach('node7');

    expect(await world.leaks()).to.deep.equal([]);
    expect(world.pool.volumes.size).to.equal(1);
  });
});
