import { expect } from 'chai';

import { connect, reasonOf, World } from '../fakes/world.js';

describe('an ephemeral disk', () => {
  it('is cloned anew for each boot, with the names and the secret that it has', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu', { ephemeral: true });
    const volume = { kind: 'disk' as const, id: before.disk.id };
    world.pool.write(volume, before.disk.sizeBytes, 'written in the last boot');

    expect(await machine.freshen('node7')).to.equal(true);

    expect(world.pool.content(volume)).to.equal('ubuntu');
    expect(await machine.provision('node7', 'ubuntu', { ephemeral: true })).to.deep.equal(before);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is left alone while the node is connected', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const record = await machine.provision('node7', 'ubuntu', { ephemeral: true });
    world.pool.write({ kind: 'disk', id: record.disk.id }, record.disk.sizeBytes, 'in use');
    connect(world, record);

    expect(await machine.freshen('node7')).to.equal(false);

    expect(world.pool.content({ kind: 'disk', id: record.disk.id })).to.equal('in use');
  });

  it('is what provision was asked for: any other disk is never cloned anew', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'mine');

    expect(await machine.freshen('node7')).to.equal(false);
    expect(await machine.freshen('node8')).to.equal(false);
    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('mine');
    const again = machine.provision('node7', 'ubuntu', { ephemeral: true });
    expect(await reasonOf(again)).to.equal('NODE_EXISTS');
  });

  it('keeps the snapshot that it is cloned from', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.provision('node8', 'ubuntu', { snapshot: 's', ephemeral: true });

    expect(await reasonOf(machine.deleteSnapshot('node7', 's'))).to.equal('SNAPSHOT_HAS_CLONES');
    expect(await machine.freshen('node8')).to.equal(true);
    await machine.detach('node8');
    expect(await machine.deleteSnapshot('node7', 's')).to.equal(true);
  });
});
