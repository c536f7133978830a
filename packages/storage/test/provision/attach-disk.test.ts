import { expect } from 'chai';

import { trash } from '../../src/catalog/tables.js';
import { reasonOf, World } from '../fakes/world.js';

const nobodys = '0b0e7a1c-0000-4000-8000-000000000000';

describe('attach_disk', () => {
  it('gives a kept disk to another node, with a new secret', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu');
    await machine.detach('node7', true);

    const after = await machine.attach(before.disk.id, 'node8');

    expect(after).to.deep.include({ node: 'node8', state: 'ready', disk: before.disk });
    expect(after.target.chap.secret).to.not.equal(before.target.chap.secret);
    expect(await machine.attach(before.disk.id, 'node8')).to.deep.equal(after);
    expect((await machine.provision('node7', 'ubuntu')).disk.id).to.not.equal(before.disk.id);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('gives a kept disk back to its own node', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.detach('node7', true);

    expect((await machine.attach(disk.id, 'node7')).disk).to.deep.equal(disk);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is undone when the disk cannot be exported: it is kept for its node as before', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.detach('node7', true);
    const ensureExported = world.targets.ensureExported.bind(world.targets);
    world.targets.ensureExported = () => Promise.reject(new Error('no'));

    await machine.attach(disk.id, 'node8').catch(() => undefined);
    world.targets.ensureExported = ensureExported;

    expect((await machine.provision('node7', 'ubuntu')).disk).to.deep.equal(disk);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is refused for a disk that is attached, in the trash or unknown, and to a node that has one', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk: seven } = await machine.provision('node7', 'ubuntu');
    const { disk: eight } = await machine.provision('node8', 'ubuntu');
    const { disk: nine } = await machine.provision('node9', 'ubuntu');
    await machine.detach('node8', true);
    await machine.trash('node9');

    expect(await reasonOf(machine.attach(seven.id, 'node6'))).to.equal('DISK_ATTACHED');
    expect(await reasonOf(machine.attach(eight.id, 'node7'))).to.equal('NODE_EXISTS');
    expect(await reasonOf(machine.attach(nine.id, 'node6'))).to.equal('DISK_NOT_FOUND');
    expect(await reasonOf(machine.attach(nobodys, 'node6'))).to.equal('DISK_NOT_FOUND');
    expect(await world.leaks()).to.deep.equal([]);
  });
});

describe('the trash', () => {
  it('keeps its disks for as long as the server runs, whatever the clock says', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.trash('node7', 10_000);
    const states = async (): Promise<number> => (await machine.parts.catalog.list(trash)).length;

    world.clock.setWall(world.clock.now() + 400 * 86_400_000);
    await machine.reconciler.run();
    expect(await states()).to.equal(1);
    world.clock.setWall(Date.UTC(2000, 0, 1));
    await world.clock.advance(10_000);
    await machine.reconciler.run();

    expect(await states()).to.equal(0);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('does not count the time in which the server is off', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await world.clock.advance(60_000);
    await machine.provision('node7', 'ubuntu');
    await machine.trash('node7', 120_000);
    await world.clock.advance(90_000);
    await machine.reconciler.run();
    await world.clock.advance(86_400_000);

    const later = world.start();
    await later.reconciler.run();
    expect(await later.parts.catalog.list(trash)).to.have.lengthOf(1);
    await world.clock.advance(60_000);
    await later.reconciler.run();
    expect(await later.parts.catalog.list(trash)).to.deep.equal([]);
  });

  it('keeps the disk and frees the node, its target and its initiator name', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');

    const detached = await machine.trash('node7', 1000);
    const again = await machine.provision('node7', 'ubuntu');

    expect(detached).to.include({ detached: true, diskKept: false });
    expect(detached.trashedUntilMs).to.equal(world.clock.now() + 1000);
    expect(again.disk.id).to.not.equal(disk.id);
    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('ubuntu');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('gives a disk back, to be provisioned again as it was', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.trash('node7');

    const restored = await machine.restore(disk.id);

    expect(restored).to.include({ node: 'node7', state: 'detached' });
    expect(await machine.restore(disk.id)).to.deep.equal(restored);
    expect((await machine.provision('node7', 'ubuntu')).disk.id).to.equal(disk.id);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('gives a disk to another node where its own has one by now', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.trash('node7');
    await machine.provision('node7', 'ubuntu');

    expect(await reasonOf(machine.restore(disk.id))).to.equal('NODE_EXISTS');
    expect(await machine.restore(disk.id, 'node8')).to.include({ node: 'node8', state: 'detached' });
    expect(await reasonOf(machine.restore(nobodys))).to.equal('DISK_NOT_FOUND');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('takes a disk that was kept', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.detach('node7', true);
    await machine.trash('node7');

    expect(await machine.deleteTrashed(disk.id)).to.equal(true);
    expect(await machine.deleteTrashed(disk.id)).to.equal(false);
    expect(world.pool.volumes.size).to.equal(1);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is emptied by the reconciler of what has been in it for its time', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.trash('node7', 10_000);

    await world.clock.advance(9999);
    expect((await machine.reconciler.run()).expired).to.deep.equal([]);
    await world.clock.advance(1);
    expect((await machine.reconciler.run()).expired).to.deep.equal([`disk:${disk.id}`]);

    expect(world.pool.volumes.size).to.equal(1);
    expect(await world.leaks()).to.deep.equal([]);
  });
});
