import { expect } from 'chai';

import {
  type ExportedNode,
  initiators,
  nodes,
  snapshots,
  tidKey,
  tids,
  trash,
} from '../../src/catalog/tables.js';
import { checkStorage } from '../../src/fsck/check-storage.js';
import { statusOf } from '../../src/pool/status.js';
import { adoptOrphan } from '../../src/provision/orphans.js';
import { deleteOldestTrashed } from '../../src/provision/trash.js';
import { image, type Machine, node } from '../fakes/machine.js';
import { connect, graceMs, reasonOf, World } from '../fakes/world.js';

const never = new AbortController().signal;

/** Forgets a node that was provisioned after the backup, and starts with what is left. */
async function restore(world: World, machine: Machine, made: ExportedNode): Promise<Machine> {
  await machine.parts.catalog.transact((tx) => {
    tx.delete(nodes, made.node);
    tx.delete(tids, tidKey(made.target.tid));
    tx.delete(initiators, made.target.initiator);
  });
  await machine.parts.catalog.noteRestore('/backup.jsonl');
  const next = world.start();
  await next.reconciler.run(true);
  return next;
}

/** Starts with a node that is connected to its disk, of which the restored catalog knows nothing. */
async function startWithLost(world: World): Promise<{ machine: Machine; made: ExportedNode }> {
  const former = await world.startWithImage();
  const made = await former.provision('node7', 'ubuntu');
  connect(world, made);
  return { machine: await restore(world, former, made), made };
}

async function pass(world: World, machine: Machine): ReturnType<Machine['reconciler']['run']> {
  await world.clock.advance(graceMs);
  return await machine.reconciler.run();
}

describe('After a restore, a target without a record', () => {
  it('serves its node until the restore is confirmed, whatever is restarted but the daemon', async () => {
    await using world = await World.open();
    const { machine, made } = await startWithLost(world);
    const { iqn } = made.target;

    expect((await pass(world, machine)).kept).to.deep.equal([iqn]);
    const next = world.start();
    await next.reconciler.run(true);
    await world.clock.advance(graceMs);
    expect((await next.reconciler.plan()).kept).to.deep.equal([iqn]);
    expect((await next.reconciler.run()).kept).to.deep.equal([iqn]);
    expect(world.targets.specs.has(iqn)).to.be.true;

    await next.parts.catalog.confirmRestore();
    const { waiting } = await next.reconciler.run();
    expect(waiting).to.deep.equal([iqn]);
    expect((await pass(world, next)).removedTargets).to.deep.equal([iqn]);
    expect(world.targets.specs.has(iqn)).to.be.false;
  });

  it('is told by status and fsck, with the commands that give it a record', async () => {
    await using world = await World.open();
    const { machine, made } = await startWithLost(world);
    const adoption = new RegExp(`adopt_orphan disk-${made.disk.id} --node NODE.*attach_disk ${made.disk.id}`);

    const { problems } = await statusOf(machine.parts);
    expect(problems.map(({ reason }) => reason)).to.deep.equal(['CATALOG_RESTORED', 'TARGET_WITHOUT_RECORD']);
    expect(problems[1]?.message).to.match(adoption).and.contain('10.0.0.7');
    const found = (await checkStorage(machine.parts)).find(({ resource }) => resource === made.target.iqn);
    expect(found?.problem).to.match(adoption);
  });

  it('loses neither its id nor its name to a node that is provisioned', async () => {
    await using world = await World.open();
    const { machine, made } = await startWithLost(world);

    const other = await machine.provision('node8', 'ubuntu');
    expect(other.target.tid).to.equal(made.target.tid + 1);
    expect(world.targets.specs.get(made.target.iqn)?.tid).to.equal(made.target.tid);

    // Its id is free again when it is gone.
    await machine.parts.catalog.confirmRestore();
    await machine.reconciler.run();
    await pass(world, machine);
    await machine.reconciler.run();
    expect((await machine.provision('node9', 'ubuntu')).target.tid).to.equal(made.target.tid);
  });

  it('goes after the grace period from its last session on when its file has a record', async () => {
    await using world = await World.open();
    const { machine, made } = await startWithLost(world);
    await adoptOrphan(machine.parts, `disk-${made.disk.id}`, { node: node('node7') }, never);
    expect((await pass(world, machine)).kept).to.deep.equal([made.target.iqn]);

    world.targets.connections.clear();
    expect((await machine.reconciler.run()).waiting).to.deep.equal([made.target.iqn]);
    expect((await pass(world, machine)).removedTargets).to.deep.equal([made.target.iqn]);
    expect(world.pool.content({ kind: 'disk', id: made.disk.id })).to.equal('ubuntu');
  });

  it('stays without a session as long as its file is kept', async () => {
    await using world = await World.open();
    const { machine, made } = await startWithLost(world);
    world.targets.connections.clear();
    expect((await pass(world, machine)).kept).to.deep.equal([made.target.iqn]);
    expect((await statusOf(machine.parts)).problems).to.have.lengthOf(1);
  });

  it('gets a record again by adopt_orphan and attach_disk', async () => {
    await using world = await World.open();
    const { machine, made } = await startWithLost(world);

    const id = `disk-${made.disk.id}`;
    const asImage = adoptOrphan(machine.parts, id, { image: image('rescued') }, never);
    expect(await reasonOf(asImage)).to.equal('DISK_IN_USE');
    await adoptOrphan(machine.parts, id, { node: node('node7') }, never);
    const origin = (await checkStorage(machine.parts)).find(({ resource }) => resource === 'node:node7');
    expect(origin?.problem).to.equal('the image that it came from is not known');
    const again = adoptOrphan(machine.parts, id, { node: node('node9') }, never);
    expect(await reasonOf(again)).to.equal('ORPHAN_NOT_FOUND');
    expect((await statusOf(machine.parts)).problems[1]?.message).to.contain(
      `attach_disk ${made.disk.id} node7`,
    );
    const attached = await machine.attach(made.disk.id, 'node7');

    expect(attached.target.iqn).to.equal(made.target.iqn);
    expect(world.targets.specs.get(made.target.iqn)?.chap).to.deep.equal(attached.target.chap);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is not adopted in its place without a restore', async () => {
    await using world = await World.open();
    const { machine, made } = await startWithLost(world);
    await machine.parts.catalog.confirmRestore();
    const adopting = adoptOrphan(machine.parts, `disk-${made.disk.id}`, { node: node('node7') }, never);
    expect(await reasonOf(adopting)).to.equal('ORPHAN_NOT_FOUND');
  });
});

describe('After a restore', () => {
  it('a node in use keeps a target that is not as in the catalog until its session ends', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const made = await machine.provision('node7', 'ubuntu');
    const { iqn } = made.target;
    world.targets.specs.set(iqn, { ...world.targets.specs.get(iqn)!, tid: 5 });
    connect(world, made);
    await machine.parts.catalog.noteRestore('/backup.jsonl');

    expect(await machine.reconciler.run()).to.deep.include({ kept: ['node:node7'], exported: [] });
    expect(world.targets.specs.get(iqn)?.tid).to.equal(5);

    world.targets.connections.clear();
    expect((await machine.reconciler.run()).exported).to.deep.equal(['node:node7']);
  });

  it('nothing leaves the trash by itself: it may have been taken out since', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.trash('node7', 0);
    await machine.parts.catalog.noteRestore('/backup.jsonl');

    expect((await machine.reconciler.run()).expired).to.deep.equal([]);
    expect(await deleteOldestTrashed(machine.parts)).to.be.false;
    expect(await machine.parts.catalog.get(trash, disk.id)).not.to.equal(undefined);

    await machine.parts.catalog.confirmRestore();
    expect((await machine.reconciler.run()).expired).to.deep.equal([`disk:${disk.id}`]);
  });

  it('what was being created at the time of the backup is not deleted', async () => {
    await using world = await World.open();
    const former = await world.startWithImage();
    const made = await former.provision('node7', 'ubuntu');
    connect(world, made);
    const snapshot = await former.snapshot('node7', 'before');
    const { catalog } = former.parts;
    await catalog.transact((tx) => {
      tx.put(nodes, 'node7', { ...made, state: 'creating' });
      tx.put(snapshots, 'node7/before', { ...snapshot, state: 'creating' });
    });
    await catalog.noteRestore('/backup.jsonl');

    const machine = world.start();
    const report = await machine.reconciler.run(true);

    expect(report.rolledBack).to.have.members(['node:node7', 'snapshot:node7@before']);
    expect(report.kept).to.deep.equal([made.target.iqn]);
    expect(world.pool.content({ kind: 'disk', id: made.disk.id })).to.equal('ubuntu');
    expect(world.pool.content({ kind: 'snapshot', id: snapshot.id })).to.equal('ubuntu');
    expect(world.targets.specs.has(made.target.iqn)).to.be.true;
  });
});
