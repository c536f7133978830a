import { expect } from 'chai';

import { storeError } from '@patchbay/store';

import { statusOf } from '../../src/pool/status.js';
import { viewImages } from '../../src/views/image-view.js';
import { viewNodes } from '../../src/views/node-view.js';
import { poolBytes } from '../fakes/memory-pool.js';
import { reasonOf, World } from '../fakes/world.js';

describe('the status of the storage', () => {
  it('is ready where all parts work', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    expect(await statusOf(machine.parts)).to.deep.equal({ state: 'ready', problems: [] });
  });

  it('is degraded while the pool is away; what the catalog knows is told, and changes are refused', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node1', 'ubuntu');
    world.pool.isMissing = true;
    const { state, problems } = await statusOf(machine.parts);
    expect(state).to.equal('degraded');
    expect(problems.map(({ part, reason }) => [part, reason])).to.deep.equal([['pool', 'POOL_UNAVAILABLE']]);
    expect((await viewNodes(machine.parts)).map((node) => node.state)).to.deep.equal(['pool-unavailable']);
    expect((await viewImages(machine.parts)).map((image) => image.state)).to.deep.equal(['pool-unavailable']);
    expect(await reasonOf(machine.provision('node2', 'ubuntu'))).to.equal('POOL_UNAVAILABLE');
    expect(await reasonOf(machine.import('debian', '/debian.raw'))).to.equal('POOL_UNAVAILABLE');
    world.pool.isMissing = false;
    expect(await world.leaks()).to.deep.equal([]);
    await machine.provision('node2', 'ubuntu');
  });

  it('is degraded while a target has a rule that somebody added, and ready when it is removed', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node1', 'ubuntu');
    world.targets.addedRules.set(target.iqn, ['ALL']);
    const { state, problems } = await statusOf(machine.parts);
    expect(state).to.equal('degraded');
    expect(problems).to.deep.equal([
      {
        part: 'targets',
        reason: 'FOREIGN_ACCESS',
        message: 'node "node1": its target has what the catalog does not know: the rule ALL',
      },
    ]);
    await machine.reconciler.run();
    expect((await statusOf(machine.parts)).state).to.equal('ready');
  });

  it('is degraded above the high-water mark', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    world.pool.usedBytes = poolBytes;
    const { problems } = await statusOf(machine.parts);
    expect(problems.map(({ reason }) => reason)).to.deep.equal(['POOL_HIGH_WATER']);
  });

  it('is degraded while nothing can be written into the catalog, until it is tried with success', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const commit = world.store.commit.bind(world.store);
    world.store.commit = () => Promise.reject(storeError('STORE_FULL', 'no room'));
    expect(await reasonOf(machine.provision('node1', 'ubuntu'))).to.equal('STORE_FULL');
    const full = [{ part: 'catalog', reason: 'STORE_FULL', message: 'no room' }];
    await machine.parts.catalog.retryWriting();
    expect((await statusOf(machine.parts)).problems).to.deep.equal(full);
    world.store.commit = commit;
    expect((await statusOf(machine.parts)).problems).to.deep.equal(full);
    await machine.parts.catalog.retryWriting();
    expect((await statusOf(machine.parts)).state).to.equal('ready');
  });

  it('is degraded, and says no more, where a part fails unexpectedly', async () => {
    await using world = await World.open();
    const { parts } = world.start();
    const targets = Object.assign(parts.targets, { list: () => Promise.reject(new Error('secret words')) });
    const { problems } = await statusOf({ ...parts, targets });
    expect(problems).to.deep.equal([
      { part: 'targets', reason: 'UNEXPECTED', message: 'failed unexpectedly; the server logged it' },
    ]);
  });
});
