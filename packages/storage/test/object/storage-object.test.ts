import { expect } from 'chai';

import { type RpcError, valuesIn, valuesOf } from '@patchbay/objects';
import { describeObject } from '@patchbay/objects/define';

import type { Storage } from '../../src/index.js';
import { defineStorage } from '../../src/object/storage-object.js';
import { badNameRows, badNames } from './bad-names.js';
import { call, dispatch } from './dispatch.js';
import type { Machine } from '../fakes/machine.js';
import { connect, reasonOf, World } from '../fakes/world.js';

/** Calls `provision` as a client in TypeScript does. */
function provision(
  machine: Machine,
  ...values: Storage['provision']['args']
): Promise<Storage['provision']['result']> {
  return dispatch(machine, 'provision', { values }) as Promise<Storage['provision']['result']>;
}

describe('the storage object', () => {
  for (const [method, ...argv] of badNameRows) {
    it(`changes nothing for a bad name: ${method} ${argv.join(' ')}`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu');
      const revision = await world.store.revision();

      for (const name of badNames) {
        const error = await call(
          machine,
          method,
          ...argv.map((word) => word.replace('NAME', () => name)),
        ).catch((each: unknown) => each as RpcError);
        expect(error, JSON.stringify(name)).to.have.property('code', 'INVALID_ARGUMENT');
      }

      expect(await world.store.revision()).to.equal(revision);
      expect(world.pool.volumes.size).to.equal(2);
    });
  }

  it('offers the values of its arguments by methods that give them', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await machine.schedule('node7', '0 0 * * *', 4, 'daily');
    const { disk: trashed } = await machine.provision('node8', 'ubuntu');
    await machine.trash('node8');
    const { disk } = await machine.provision('node7', 'ubuntu');
    const definition = defineStorage(machine.parts, () => Promise.resolve());
    const described = describeObject('storage', definition).methods.flatMap(({ name, args }) =>
      args.map((each) => ({ name: each.name, place: `${name} ${each.name}`, from: valuesOf(each.schema) })),
    );

    const offered: Record<string, string[]> = {};
    for (const { place, from } of described) {
      if (from !== undefined) {
        offered[place] = valuesIn(
          await call(machine, from.method, ...(from.with ?? []).map(() => 'node7')),
          from,
        );
      }
    }

    const ofNodes = described.filter(({ name }) => name === 'node').map(({ place }) => [place, ['node7']]);
    expect(offered).to.deep.equal({
      ...(Object.fromEntries(ofNodes) as Record<string, string[]>),
      'provision_many image': ['ubuntu'],
      'provision_many nodes': ['node7'],
      'attach_disk disk': [disk.id, trashed.id],
      'adopt_orphan orphan': [],
      'delete_orphan orphan': [],
      'restore_from_trash disk': [trashed.id],
      'empty_trash disk': [trashed.id],
      'restore_snapshot name': ['s'],
      'unschedule name': ['daily'],
      'delete_image image': ['ubuntu'],
      'export_image image': ['ubuntu'],
      'show_image image': ['ubuntu'],
      'copy_image image': ['ubuntu'],
      'rename_image image': ['ubuntu'],
      'tag_image image': ['ubuntu'],
      'untag_image image': ['ubuntu'],
      'promote_snapshot name': ['s'],
      'provision image': ['ubuntu'],
      'provision snapshot': ['node7@s'],
      'delete_snapshot name': ['s'],
    });
  });

  it('returns of a provision exactly what is promised, and no secret', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const result = await call(machine, 'provision', 'node7', 'ubuntu', '--size', '2GiB');

    expect(result).to.have.all.keys(
      'node',
      'image',
      'diskId',
      'sizeBytes',
      'state',
      'target',
      'initiator',
      'chapUser',
    );
    expect(result).to.include({ node: 'node7', image: 'ubuntu', sizeBytes: 2 * 1024 ** 3, state: 'ready' });
  });

  it('takes from a program what its type takes', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node1', 'ubuntu');
    await machine.snapshot('node1', 's');
    const initiator = 'iqn.2026-11.org.example:seven';

    expect(await provision(machine, 'node7', 'ubuntu', 's', { initiator })).to.include({ initiator });
    expect((await provision(machine, 'node8', 'ubuntu', { sizeBytes: 2 ** 31 })).sizeBytes).to.equal(2 ** 31);
  });

  it('refuses from a program what its type refuses', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    // @ts-expect-error -- the image is missing
    expect(await reasonOf(provision(machine, 'node7'))).to.equal('ARGUMENT_MISSING');
    // @ts-expect-error -- there is no such option
    expect(await reasonOf(provision(machine, 'node7', 'ubuntu', { size: 1 }))).to.equal('OPTION_UNKNOWN');
    // @ts-expect-error -- a size is a number
    const wrongType = provision(machine, 'node7', 'ubuntu', { sizeBytes: true });
    expect(await reasonOf(wrongType)).to.equal('ARGUMENT_INVALID');
  });

  it('shows a secret in show_credentials alone, and never logs it', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');
    const others: readonly string[][] = [
      ['provision', 'node7', 'ubuntu'],
      ['list_nodes'],
      ['show_node', 'node7'],
      ['list_all_images'],
      ['reconcile'],
      ['detach_node', 'node7', '--keep-disk'],
    ];

    expect(await call(machine, 'show_credentials', 'node7')).to.deep.equal({
      node: 'node7',
      chapUser: target.chap.user,
      chapSecret: target.chap.secret,
    });
    for (const [method = '', ...words] of others) {
      expect(JSON.stringify(await call(machine, method, ...words))).to.not.contain(target.chap.secret);
    }
    expect(JSON.stringify(world.log.lines)).to.not.contain(target.chap.secret);
  });

  it('shows the one-time token of a boot script with the credentials, and makes another', async () => {
    await using world = await World.open();
    world.bootTokens = true;
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    const shown = (await call(machine, 'show_credentials', 'node7')) as { bootToken: string };
    const renewed = (await call(machine, 'renew_boot_token', 'node7')) as { bootToken: string };

    expect(shown.bootToken).to.match(/^[0-9a-f]{32}$/);
    expect(renewed.bootToken)
      .to.match(/^[0-9a-f]{32}$/)
      .and.not.equal(shown.bootToken);
    expect(await call(machine, 'show_credentials', 'node7')).to.include(renewed);
  });

  it('makes no token where boot scripts are given without', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    expect(await reasonOf(call(machine, 'renew_boot_token', 'node7'))).to.equal('BOOT_TOKENS_OFF');
    expect(await call(machine, 'show_credentials', 'node7')).to.not.have.property('bootToken');
  });

  it('refuses to show the credentials of a node that was detached', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.detach('node7', true);

    const error = await call(machine, 'show_credentials', 'node7').catch((each: unknown) => each);

    expect(error).to.have.property('reason', 'NODE_DETACHED');
  });

  it('lists nodes with their connected initiators, and kept disks', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu');
    await machine.provision('node8', 'ubuntu');
    await machine.detach('node8', true);
    world.targets.connections.set(target.iqn, [
      { sid: 1, cid: 0, initiator: target.initiator, address: '10.0.0.7' },
      { sid: 2, cid: 0, initiator: target.initiator, address: '10.0.0.7' },
    ]);

    const [seven, eight] = (await call(machine, 'list_nodes')) as Record<string, unknown>[];

    expect(seven).to.deep.include({ node: 'node7', state: 'ready', connected: ['10.0.0.7'] });
    expect(eight).to.deep.include({ node: 'node8', state: 'detached', connected: [] });
    expect(eight).to.not.have.property('target');
  });

  it('lists the nodes that are asked for', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.import('debian', 'server:/debian.raw');
    connect(world, await machine.provision('rack1-node1', 'ubuntu'));
    await machine.provision('rack1-node2', 'debian');
    await machine.provision('rack2-node1', 'ubuntu');
    await machine.detach('rack2-node1', true);
    const rows: readonly (readonly [words: string, nodes: readonly string[]])[] = [
      ['rack1-*', ['rack1-node1', 'rack1-node2']],
      ['*-node?', ['rack1-node1', 'rack1-node2', 'rack2-node1']],
      ['--image ubuntu', ['rack1-node1', 'rack2-node1']],
      ['--state detached', ['rack2-node1']],
      ['--connected', ['rack1-node1']],
      ['rack1-* --no-connected', ['rack1-node2']],
      ['nothing', []],
    ];

    for (const [words, nodes] of rows) {
      const listed = (await call(machine, 'list_nodes', ...words.split(' '))) as { node: string }[];
      expect(
        listed.map(({ node }) => node),
        words,
      ).to.deep.equal(nodes);
    }
  });

  it('lists disks wherever they are', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const node of ['node7', 'node8', 'node9']) {
      await machine.provision(node, 'ubuntu');
    }
    await machine.detach('node8', true);
    await machine.trash('node9', 1000);

    const disks = (await call(machine, 'list_disks')) as Record<string, unknown>[];
    expect(disks.map(({ node, state }) => [node, state])).to.deep.equal([
      ['node7', 'attached'],
      ['node8', 'kept'],
      ['node9', 'trashed'],
    ]);
    expect(await call(machine, 'list_disks', '--state', 'trashed')).to.deep.equal([disks[2]]);
    expect(await call(machine, 'list_trash')).to.deep.equal([disks[2]]);
    expect(disks[2]).to.have.property('deletedAt', new Date(world.clock.now() + 1000).toISOString());
  });

  it('tells in history who did what to a node', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await call(machine, 'provision', 'node7', 'ubuntu');
    await call(machine, 'provision', 'node8', 'ubuntu');
    await call(machine, 'create_snapshot', 'node7', 's');
    await call(machine, 'detach_node', 'node7', '--keep-disk');

    const told = (await call(machine, 'history', 'node7')) as Record<string, unknown>[];

    expect(told.map(({ resource, was, state, method }) => [resource, was, state, method])).to.deep.equal([
      ['node:node7', undefined, 'creating', 'provision'],
      ['node:node7', 'creating', 'ready', 'provision'],
      ['snapshot:node7@s', undefined, 'creating', 'create_snapshot'],
      ['snapshot:node7@s', 'creating', 'ready', 'create_snapshot'],
      ['node:node7', 'ready', 'detaching', 'detach_node'],
      ['node:node7', 'detaching', 'detached', 'detach_node'],
    ]);
    expect(told[0]).to.include({ peer: 'in-memory', callId: '1', correlationId: '1' });
    expect(await call(machine, 'history', 'node7', '--limit', '1')).to.deep.equal(told.slice(-1));
  });

  it('puts the disk of a detached node into the trash, for as long as it is configured', async () => {
    await using world = await World.open();
    world.trashMs = 3_600_000;
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.provision('node8', 'ubuntu');

    const detached = await call(machine, 'detach_node', 'node7');
    await call(machine, 'detach_node', 'node8', '--now');

    expect(detached).to.include({ diskId: disk.id, trashedUntil: '2026-01-01T01:00:00.000Z' });
    expect(await call(machine, 'list_trash')).to.have.lengthOf(1);
    expect(await world.leaks()).to.deep.equal([]);
  });

  const exclusive = [
    ['--keep-disk', '--trash=7d'],
    ['--keep-disk', '--now'],
    ['--trash=7d', '--now'],
  ];
  for (const options of exclusive) {
    it(`refuses detach_node ${options.join(' ')}`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu');

      const both = call(machine, 'detach_node', 'node7', ...options);

      expect(await reasonOf(both)).to.equal('ARGUMENT_INVALID');
      expect(await world.leaks()).to.deep.equal([]);
    });
  }

  it('cancels what is under way on a node for a detach that is forced', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    world.pool.onClone = (signal) =>
      new Promise((_, reject) => {
        signal?.throwIfAborted();
        signal?.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });

    const provisioning = reasonOf(machine.provision('node7', 'ubuntu'));
    expect(await reasonOf(call(machine, 'detach_node', 'node7'))).to.equal('OPERATION_PENDING');
    await call(machine, 'detach_node', 'node7', '--force');

    expect(await provisioning).to.equal('CALL_CANCELLED');
    expect(await world.leaks()).to.deep.equal([]);
    expect(world.pool.volumes.size).to.equal(1);
  });

  it('lists images with their clones', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.provision('node8', 'ubuntu');

    const [only] = (await call(machine, 'list_all_images')) as Record<string, unknown>[];

    expect(only).to.include({
      name: 'ubuntu',
      clones: 2,
      state: 'ready',
      format: 'raw',
    });
    expect(only).to.not.have.any.keys('source', 'sha256');
  });
});
