import { Dispatcher, type RpcError } from '@patchbay/core';
import { expect } from 'chai';

import { type Storage } from '../../src/index.js';
import { defineStorage } from '../../src/object/storage-object.js';
import { type Machine, reasonOf, World } from '../fakes/world.js';

type Input = { readonly words: readonly string[] } | { readonly values: readonly unknown[] };

/** Calls a method as a server does. */
async function dispatch({ parts, reconciler }: Machine, method: string, input: Input): Promise<unknown> {
  const { clock, log } = parts;
  const dispatcher = new Dispatcher({ clock, log });
  dispatcher.host(
    'storage',
    defineStorage(parts, reconciler, () => Promise.resolve()),
  );
  return await new Promise((resolve, reject) => {
    dispatcher.begin(
      { object: 'storage', method, input, caller: { peer: 'in-memory' }, callId: '1', timeoutMs: undefined },
      { item: () => undefined, result: resolve, failure: reject },
    );
  });
}

/** Calls a method with the words of a command line. */
function call(machine: Machine, method: string, ...words: string[]): Promise<unknown> {
  return dispatch(machine, method, { words });
}

/** Calls `provision` as a client in TypeScript does. */
function provision(
  machine: Machine,
  ...values: Storage['provision']['args']
): Promise<Storage['provision']['result']> {
  return dispatch(machine, 'provision', { values }) as Promise<Storage['provision']['result']>;
}

const badNames = [
  'has space',
  '-rf',
  '--force',
  'a/b',
  '..',
  '../etc/passwd',
  'line\nbreak',
  '',
  'x'.repeat(300),
  'semi;colon',
  '$(reboot)',
  'a,b',
  'ünïcode',
  '.hidden',
];

describe('the storage object', () => {
  const calls: readonly (readonly [string, (name: string) => string[]])[] = [
    ['import_image', (name) => [name, '/ubuntu.raw']],
    ['delete_image', (name) => [name]],
    ['provision', (name) => [name, 'ubuntu']],
    ['provision', (name) => ['node8', name]],
    ['provision', (name) => ['node8', 'ubuntu', name]],
    ['provision', (name) => ['node8', 'ubuntu', `--initiator=${name}`]],
    ['show_credentials', (name) => [name]],
    ['detach_node', (name) => [name]],
    ['create_snapshot', (name) => [name, 's']],
    ['create_snapshot', (name) => ['node7', name]],
    ['list_snapshots', (name) => [name]],
    ['delete_snapshot', (name) => ['node7', name]],
    ['show_node', (name) => [name]],
  ];
  for (const [method, wordsOf] of calls) {
    it(`changes nothing for a bad name: ${method} ${wordsOf('NAME').join(' ')}`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu');
      const revision = await world.store.revision();

      for (const name of badNames) {
        const error = await call(machine, method, ...wordsOf(name)).catch(
          (each: unknown) => each as RpcError,
        );
        expect(error, JSON.stringify(name)).to.have.property('code', 'INVALID_ARGUMENT');
      }

      expect(await world.store.revision()).to.equal(revision);
      expect(world.pool.volumes.size).to.equal(2);
    });
  }

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
