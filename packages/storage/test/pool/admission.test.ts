import { expect } from 'chai';

import type { RpcError } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { trash } from '../../src/catalog/tables.js';
import { describePool } from '../../src/pool/pool-info.js';
import type { Quotas } from '../../src/pool/quotas.js';
import { restoreFromTrash } from '../../src/provision/trash.js';
import type { Machine } from '../fakes/machine.js';
import { imageBytes, reasonOf, World } from '../fakes/world.js';
import { poolBytes } from '../fakes/memory-pool.js';

/** Starts a process with quotas, and the image `ubuntu`. */
async function startWith(world: World, quotas: Quotas): Promise<Machine> {
  world.quotas = quotas;
  return world.startWithImage();
}

describe('a quota', () => {
  it('refuses the disk that is one too many, and tells use and limit', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 2 } });
    await machine.provision('lab-1', 'ubuntu');
    await machine.provision('lab-2', 'ubuntu');
    const error: RpcError = await refusal(machine.provision('lab-3', 'ubuntu'), 'QUOTA_EXCEEDED');
    expect(error.code).to.equal('RESOURCE_EXHAUSTED');
    expect(error.message).to.include('"lab-*" have 2 of 2 disks');
    expect(error.details).to.deep.include({ project: 'lab-', disks: 2, quota: { disks: 2 } });
    expect(await world.leaks()).to.deep.equal([]);
    await machine.provision('office-1', 'ubuntu');
  });

  it('gives the disk again that a node has already', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 1 } });
    const first = await machine.provision('lab-1', 'ubuntu');
    expect((await machine.provision('lab-1', 'ubuntu')).disk.id).to.equal(first.disk.id);
  });

  it('counts the bytes of disks and snapshots', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { bytes: 2 * imageBytes } });
    await machine.provision('lab-1', 'ubuntu');
    await machine.snapshot('lab-1', 'first');
    await refusal(machine.snapshot('lab-1', 'second'), 'QUOTA_EXCEEDED');
    await refusal(machine.provision('lab-2', 'ubuntu'), 'QUOTA_EXCEEDED');
    await machine.deleteSnapshot('lab-1', 'first');
    await machine.snapshot('lab-1', 'second');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('holds for each of several that a node falls under', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { '': { disks: 2 }, 'lab-': { disks: 9 } });
    await machine.provision('lab-1', 'ubuntu');
    await machine.provision('other', 'ubuntu');
    const error = await refusal(machine.provision('lab-2', 'ubuntu'), 'QUOTA_EXCEEDED');
    expect(error.message).to.include('all nodes have 2 of 2 disks');
  });

  it('admits of many at once only as many as fit', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 3 } });
    const names = Array.from({ length: 8 }, (_, index) => `lab-${String(index)}`);
    const reasons = await Promise.all(names.map((name) => reasonOf(machine.provision(name, 'ubuntu'))));
    expect(reasons.filter((reason) => reason === undefined)).to.have.lengthOf(3);
    expect(reasons.filter((reason) => reason === 'QUOTA_EXCEEDED')).to.have.lengthOf(5);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is free again after a provision that failed, and after a detach', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 1 } });
    world.pool.onClone = () => Promise.reject(new Error('an I/O error'));
    await machine.provision('lab-1', 'ubuntu').catch(() => undefined);
    world.pool.onClone = () => Promise.resolve();
    await machine.provision('lab-2', 'ubuntu');
    await machine.detach('lab-2');
    await machine.provision('lab-3', 'ubuntu');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('counts a disk that was kept', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 1 } });
    await machine.provision('lab-1', 'ubuntu');
    await machine.detach('lab-1', true);
    await refusal(machine.provision('lab-2', 'ubuntu'), 'QUOTA_EXCEEDED');
    await machine.provision('lab-1', 'ubuntu');
  });
});

describe('a quota of disks that move', () => {
  it('holds for a node that comes into the project, and not for one that is in it', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 1 } });
    await machine.provision('lab-1', 'ubuntu');
    await machine.provision('office-1', 'ubuntu');
    await refusal(machine.rename('office-1', 'lab-9'), 'QUOTA_EXCEEDED');
    await machine.rename('lab-1', 'lab-2');
    await machine.rename('lab-2', 'office-2');
    await machine.rename('office-1', 'lab-9');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('holds for a kept disk that another node takes', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 1 } });
    await machine.provision('lab-1', 'ubuntu');
    const { disk } = await machine.provision('office-1', 'ubuntu');
    await machine.detach('office-1', true);
    await refusal(machine.attach(disk.id, 'lab-2'), 'QUOTA_EXCEEDED');
    await machine.detach('lab-1');
    await machine.attach(disk.id, 'lab-2');
  });

  it('holds for a disk that grows', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { bytes: 2 * imageBytes } });
    await machine.provision('lab-1', 'ubuntu');
    await refusal(machine.resize('lab-1', 2 * imageBytes + 512), 'QUOTA_EXCEEDED');
    await machine.resize('lab-1', 2 * imageBytes);
  });

  it('does not count the trash, but the disk when it comes out of it', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 1, bytes: 2 * imageBytes } });
    const { disk } = await machine.provision('lab-1', 'ubuntu');
    await machine.trash('lab-1');
    await machine.provision('lab-2', 'ubuntu');
    await machine.snapshot('lab-2', 'first');
    const never = new AbortController().signal;
    await refusal(restoreFromTrash(machine.parts, disk.id, undefined, never), 'QUOTA_EXCEEDED');
    await machine.detach('lab-2');
    await machine.deleteSnapshot('lab-2', 'first');
    await restoreFromTrash(machine.parts, disk.id, undefined, never);
    expect(await world.leaks()).to.deep.equal([]);
  });
});

describe('a pool above its high-water mark', () => {
  it('takes in nothing new, and gives what there is', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node1', 'ubuntu');
    world.pool.usedBytes = poolBytes * 0.91;
    await refusal(machine.provision('node2', 'ubuntu'), 'POOL_HIGH_WATER');
    await refusal(machine.import('debian', '/debian.raw'), 'POOL_HIGH_WATER');
    await refusal(machine.snapshot('node1', 'now'), 'POOL_HIGH_WATER');
    expect((await machine.provision('node1', 'ubuntu')).disk.id).to.equal(disk.id);
    await machine.detach('node1');
    expect(await world.leaks()).to.deep.equal([]);
  });
});

describe('a pool that is full while there are disks in its trash', () => {
  it('deletes the oldest of them until there is room, and no more', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const node of ['node1', 'node2', 'node3']) {
      await machine.provision(node, 'ubuntu');
      await machine.trash(node);
      await world.clock.advance(1000);
    }
    world.pool.usedBytes = poolBytes * 0.92;
    const remove = world.pool.ensureRemoved.bind(world.pool);
    world.pool.ensureRemoved = (volume) => {
      world.pool.usedBytes -= poolBytes * 0.01;
      return remove(volume);
    };

    await machine.provision('node4', 'ubuntu');

    const left = await machine.parts.catalog.list(trash);
    expect(left.map(({ value }) => value.node)).to.deep.equal(['node3']);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('deletes none for what is there already, and refuses when none is left', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const present = await machine.provision('node1', 'ubuntu');
    await machine.provision('node2', 'ubuntu');
    await machine.trash('node2');
    world.pool.usedBytes = poolBytes * 0.95;

    expect(await machine.provision('node1', 'ubuntu')).to.deep.equal(present);
    expect(await machine.parts.catalog.list(trash)).to.have.lengthOf(1);
    await refusal(machine.provision('node3', 'ubuntu'), 'POOL_HIGH_WATER');
    expect(await machine.parts.catalog.list(trash)).to.deep.equal([]);
  });
});

describe('pool_info', () => {
  it('tells what is used, promised and left, and the quotas', async () => {
    await using world = await World.open();
    const machine = await startWith(world, { 'lab-': { disks: 5 }, 'x-': { bytes: 1 } });
    await machine.provision('lab-1', 'ubuntu', { sizeBytes: 2 * imageBytes });
    await machine.snapshot('lab-1', 'first');
    world.pool.usedBytes = poolBytes / 2;
    const info = await describePool(machine.parts);
    expect(info).to.deep.equal({
      state: 'ready',
      filesystem: 'memory',
      reflink: true,
      sizeBytes: poolBytes,
      usedBytes: poolBytes / 2,
      freeBytes: poolBytes / 2,
      highWaterBytes: poolBytes * 0.9,
      freeUntilHighWaterBytes: poolBytes * 0.9 - poolBytes / 2,
      promisedBytes: 5 * imageBytes,
      thinRatio: 0,
      images: 1,
      disks: 1,
      snapshots: 1,
      trashed: 0,
      trashedBytes: 0,
      orphans: 0,
      projects: [
        { project: 'lab-', disks: 1, maxDisks: 5, bytes: 4 * imageBytes },
        { project: 'x-', disks: 0, bytes: 0, maxBytes: 1 },
      ],
    });
  });
});
