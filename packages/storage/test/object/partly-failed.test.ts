import { expect } from 'chai';

import { exitStatusOf, type RpcError } from '@patchbay/objects';

import { nodes, targetOf } from '../../src/catalog/tables.js';
import { storageError } from '../../src/errors.js';
import { partlyFailed } from '../../src/object/partly-failed.js';
import { World } from '../fakes/world.js';
import { call, dispatch } from './dispatch.js';

/** Returns the error of a method that did only some of what it was to do. */
async function failureOf(called: Promise<unknown>): Promise<RpcError> {
  const error = await called.then(
    (result) => expect.fail(`it succeeded: ${JSON.stringify(result)}`),
    (each: unknown) => each as RpcError,
  );
  expect(error).to.include({ code: 'ABORTED', reason: 'PARTLY_FAILED' });
  expect(exitStatusOf(error)).to.equal(5);
  return error;
}

describe('A method that does several things, of which some fail', () => {
  it('fails as provision_many, whose other nodes are provisioned, and tells the outcome of each', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('n1', 'ubuntu', { sizeBytes: 2 ** 31 });
    const items: unknown[] = [];

    const calling = dispatch(
      machine,
      'provision_many',
      { values: ['ubuntu', ['n0', 'n1', 'n2'], { concurrency: 1 }] },
      (item) => void items.push(item),
    );
    const { message, details } = await failureOf(calling);

    expect(message).to.match(/^provisioned 2 of 3 nodes: n1 failed with NODE_EXISTS \(.*\)$/);
    expect(details).to.have.deep.property('provisioned', ['n0', 'n2']);
    expect(details.failed).to.have.lengthOf(1);
    expect((details.failed as unknown[])[0]).to.include({ node: 'n1', reason: 'NODE_EXISTS' });
    expect(
      items.map((item) => [(item as { node: string }).node, 'failed' in (item as object)]),
    ).to.deep.equal([
      ['n0', false],
      ['n1', true],
      ['n2', false],
    ]);
    expect(await call(machine, 'provision_many', 'ubuntu', 'n0', 'n2')).to.deep.equal({
      provisioned: 2,
      failed: [],
    });
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('gives every node of provision_many the policy for conflicts', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await call(machine, 'provision_many', 'ubuntu', 'n0', 'n1', '--on-conflict', 'keep');
    const policies = (await machine.parts.catalog.list(nodes)).map(
      ({ value }) => targetOf(value)?.onConflict,
    );
    expect(policies).to.deep.equal(['keep', 'keep']);
  });

  it('fails as fsck, if it is asked to, with an exit status and what it has found', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('n0', 'ubuntu');
    world.pool.volumes.delete(world.pool.path({ kind: 'disk', id: disk.id }));
    world.targets.specs.clear();

    expect(await call(machine, 'fsck')).to.have.lengthOf(2);
    const error = await call(machine, 'fsck', '--fail-on', 'error').catch(
      (each: unknown) => each as RpcError,
    );
    expect(error).to.include({ reason: 'FSCK_FOUND_ERRORS', code: 'DATA_LOSS' });
    expect((error as RpcError).message).to.equal(
      'fsck found error: node:n0: its file is missing from the pool',
    );
    expect((error as RpcError).details.findings).to.have.lengthOf(2);
    const worse = call(machine, 'fsck', '--fail-on', 'warning');
    expect(((await worse.catch((each: unknown) => each)) as RpcError).message).to.contain('warning: node:n0');

    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'ubuntu');
    expect(await call(machine, 'fsck', '--fail-on', 'error')).to.have.lengthOf(1);
  });

  it('fails as empty_trash, which deletes the other disks', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const ids: string[] = [];
    for (const name of ['n0', 'n1', 'n2']) {
      ids.push((await machine.provision(name, 'ubuntu')).disk.id);
      await machine.trash(name);
    }
    const stuck = [...ids].sort()[0]!; // the first to be deleted
    const remove = world.pool.ensureRemoved.bind(world.pool);
    world.pool.ensureRemoved = async (volume) => {
      if (volume.id === stuck) {
        throw storageError('POOL_UNAVAILABLE', 'no');
      }
      await remove(volume);
    };

    const { message, details } = await failureOf(call(machine, 'empty_trash'));

    expect(message).to.equal(`deleted 2 of 3 disks in the trash: ${stuck} failed with POOL_UNAVAILABLE (no)`);
    expect(details.failed).to.deep.equal([{ disk: stuck, reason: 'POOL_UNAVAILABLE', message: 'no' }]);
    expect(details.deleted).to.have.members(ids.filter((id) => id !== stuck));
    world.pool.ensureRemoved = remove;
    await call(machine, 'empty_trash');
    expect(await call(machine, 'list_trash')).to.deep.equal([]);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('fails as reconcile, which puts the rest right and tells all that it did', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('n0', 'ubuntu');
    await machine.provision('n1', 'ubuntu');
    world.targets.specs.clear();
    const ensureExported = world.targets.ensureExported.bind(world.targets);
    world.targets.ensureExported = async (spec) => {
      if (spec.initiator.endsWith('n1')) {
        throw storageError('TARGET_BUSY', 'busy');
      }
      await ensureExported(spec);
    };

    const { message, details } = await failureOf(call(machine, 'reconcile'));

    expect(message).to.equal('could not put everything right: node:n1 failed with TARGET_BUSY (busy)');
    expect(details).to.deep.include({
      exported: ['node:n0'],
      failed: [{ resource: 'node:n1', reason: 'TARGET_BUSY', message: 'busy' }],
    });
    expect(await call(machine, 'list_nodes')).to.have.lengthOf(2);
  });

  it('lists the first failures in its message, and all in its details', () => {
    const failed = Array.from({ length: 5 }, (_, index) => ({
      node: `n${String(index)}`,
      reason: 'R',
      message: 'm',
    }));

    const { message, details } = partlyFailed('did 1 of 6', 'node', { failed });

    expect(message).to.equal(
      'did 1 of 6: n0 failed with R (m), n1 failed with R (m), n2 failed with R (m), and 2 more failed; details.failed lists all',
    );
    expect(details.failed).to.equal(failed);
  });
});
