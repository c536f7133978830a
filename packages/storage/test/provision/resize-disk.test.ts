import { expect } from 'chai';

import { storageError } from '../../src/errors.js';
import { imageBytes, reasonOf, World } from '../fakes/world.js';

describe('resize_disk', () => {
  it('grows the file, shows it to the initiator anew, and tells the new size', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu');

    const after = await machine.resize('node7', 2 * imageBytes);

    expect(after.disk).to.include({ id: before.disk.id, sizeBytes: 2 * imageBytes });
    expect(after.target).to.deep.equal(before.target);
    expect(world.targets.reopened).to.deep.equal([before.target.iqn]);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('rounds up to whole sectors, and does nothing for the same size again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    const first = await machine.resize('node7', imageBytes + 1);
    const second = await machine.resize('node7', imageBytes + 512);

    expect(first.disk.sizeBytes).to.equal(imageBytes + 512);
    expect(second).to.deep.equal(first);
    expect(world.targets.reopened).to.have.lengthOf(1);
  });

  it('leaves the provision that the disk came from the same', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const grown = await machine.resize('node7', 2 * imageBytes);

    expect(await machine.provision('node7', 'ubuntu')).to.deep.equal(grown);
    expect(await machine.provision('node7', 'ubuntu', { sizeBytes: 2 * imageBytes })).to.deep.equal(grown);
    const other = machine.provision('node7', 'ubuntu', { sizeBytes: 3 * imageBytes });
    expect(await reasonOf(other)).to.equal('NODE_EXISTS');
  });

  it('refuses to shrink, an unknown node and one that is detached', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.provision('node8', 'ubuntu');
    await machine.detach('node8', true);

    expect(await reasonOf(machine.resize('node7', imageBytes - 512))).to.equal('SIZE_TOO_SMALL');
    expect(await reasonOf(machine.resize('node9', 2 * imageBytes))).to.equal('NODE_NOT_FOUND');
    expect(await reasonOf(machine.resize('node8', 2 * imageBytes))).to.equal('NODE_DETACHED');
  });

  it('fails for the pool, where it went away before the target daemon opened the file', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    world.targets.reopen = () => {
      world.pool.isMissing = true;
      return Promise.reject(storageError('TARGET_TOOL_FAILED', 'invalid request'));
    };

    expect(await reasonOf(machine.resize('node7', 2 * imageBytes))).to.equal('POOL_UNAVAILABLE');
  });

  it('is undone when the file cannot grow', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const before = await machine.provision('node7', 'ubuntu');
    world.pool.ensureSize = () => Promise.reject(new Error('no'));

    await machine.resize('node7', 2 * imageBytes).catch(() => undefined);

    expect(await machine.provision('node7', 'ubuntu')).to.deep.equal(before);
    expect(world.targets.reopened).to.deep.equal([]);
    expect(await world.leaks()).to.deep.equal([]);
  });
});
