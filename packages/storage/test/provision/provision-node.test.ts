import { expect } from 'chai';

import { isRpcError } from '@patchbay/objects';

import { tids } from '../../src/catalog/tables.js';
import { imageBytes, reasonOf, World } from '../fakes/world.js';

describe('provision', () => {
  it('clones the image and exports the clone to the node alone', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const { disk, target } = await machine.provision('node7', 'ubuntu');

    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('ubuntu');
    const spec = world.targets.specs.get(target.iqn);
    expect(spec).to.deep.equal({
      daemon: 0,
      tid: 1,
      iqn: `iqn.2026-11.local.patchbay:disk.${disk.id}`,
      lun: 1,
      backingPath: `/pool/disk/${disk.id}`,
      scsiId: disk.id.replaceAll('-', ''),
      serial: disk.id.replaceAll('-', '').slice(0, 16),
      initiator: 'iqn.2026-11.local.patchbay:node.node7',
      chap: target.chap,
    });
    expect(target.chap.secret).to.match(/^[A-Za-z0-9]{16}$/);
  });

  it('gives the same disk when asked again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const options = { sizeBytes: 2 * imageBytes, initiator: 'iqn.2026-11.org.example:seven' };

    const first = await machine.provision('node7', 'ubuntu', options);

    expect(await machine.provision('node7', 'ubuntu', options)).to.deep.equal(first);
    expect(world.pool.volumes.size).to.equal(2);
  });

  it('makes one disk of 64 equal requests at once, and answers all alike', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const answers = await Promise.all(Array.from({ length: 64 }, () => machine.provision('node7', 'ubuntu')));

    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).to.equal(1);
    expect(world.pool.volumes.size).to.equal(2);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('makes 64 disks of 64 requests for different nodes at once, each with a target id of its own', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, n) => machine.provision(`node${String(n)}`, 'ubuntu')),
    );

    const taken = answers.map(({ target }) => target.tid).sort((a, b) => a - b);
    expect(taken).to.deep.equal(Array.from({ length: 64 }, (_, n) => n + 1));
    expect(new Set(answers.map(({ disk }) => disk.id)).size).to.equal(64);
    expect(new Set(answers.map(({ target }) => target.chap.secret)).size).to.equal(64);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('gives a target id that was given up to the next node', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const name of ['a', 'b', 'c']) {
      await machine.provision(name, 'ubuntu');
    }
    await machine.detach('b');

    expect((await machine.provision('d', 'ubuntu')).target.tid).to.equal(2);
    expect((await machine.provision('e', 'ubuntu')).target.tid).to.equal(4);
    expect(await machine.parts.catalog.list(tids)).to.have.lengthOf(4);
  });

  it('refuses other parameters for the same node while a provision is under way', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    let finish = (): void => undefined;
    world.pool.onClone = () => new Promise((resolve) => (finish = resolve));
    const first = machine.provision('node7', 'ubuntu');

    const second = machine.provision('node7', 'ubuntu', { sizeBytes: 2 * imageBytes });

    expect(await reasonOf(second)).to.equal('OPERATION_PENDING');
    expect(await reasonOf(machine.detach('node7'))).to.equal('OPERATION_PENDING');
    await world.clock.advance(0);
    finish();
    await first;
  });

  const others: readonly [string, string, object, string[]][] = [
    ['image', 'debian', {}, ['image']],
    ['size', 'ubuntu', { sizeBytes: 2 * imageBytes }, ['sizeBytes']],
    ['initiator', 'ubuntu', { initiator: 'iqn.2026-11.org.example:other' }, ['initiator']],
    ['snapshot', 'ubuntu', { snapshot: 's' }, ['snapshot']],
    ['image and size', 'debian', { sizeBytes: 2 * imageBytes }, ['image', 'sizeBytes']],
  ];
  for (const [what, from, options, parameters] of others) {
    it(`refuses another ${what} for a node that has a disk, and names the difference`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.import('debian', 'server:/debian.raw');
      const before = await machine.provision('node7', 'ubuntu');

      const error = await machine.provision('node7', from, options).catch((each: unknown) => each);

      expect(isRpcError(error, 'NODE_EXISTS')).to.equal(true);
      const { differences } = (error as { details: { differences: { parameter: string }[] } }).details;
      expect(differences.map(({ parameter }) => parameter)).to.deep.equal(parameters);
      expect(await machine.provision('node7', 'ubuntu')).to.deep.equal(before);
    });
  }

  it('rounds a size up to whole sectors, and knows it again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const { disk } = await machine.provision('node7', 'ubuntu', { sizeBytes: imageBytes + 1 });

    expect(disk.sizeBytes).to.equal(imageBytes + 512);
    const again = await machine.provision('node7', 'ubuntu', { sizeBytes: imageBytes + 512 });
    expect(again.disk.id).to.equal(disk.id);
  });

  const refusals: readonly [string, string, string, object][] = [
    ['IMAGE_NOT_FOUND', 'an image that is not there', 'ubunut', {}],
    ['SIZE_TOO_SMALL', 'a size below that of the image', 'ubuntu', { sizeBytes: imageBytes - 1 }],
    ['SNAPSHOT_NOT_FOUND', 'a snapshot that is not there', 'ubuntu', { snapshot: 'none' }],
    [
      'INITIATOR_IN_USE',
      "another node's initiator",
      'ubuntu',
      { initiator: 'iqn.2026-11.local.patchbay:node.keeper' },
    ],
  ];
  for (const [reason, what, from, options] of refusals) {
    it(`refuses ${what} with ${reason}, and changes nothing`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('keeper', 'ubuntu');
      const revision = await world.store.revision();

      expect(await reasonOf(machine.provision('node7', from, options))).to.equal(reason);

      expect(await world.store.revision()).to.equal(revision);
      expect(await world.leaks()).to.deep.equal([]);
    });
  }

  it('suggests the image that was probably meant', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const error = await machine.provision('node7', 'ubunut').catch((each: unknown) => each);

    expect(error).to.have.property('message', 'no image "ubunut"; did you mean "ubuntu"?');
  });

  it('clones a snapshot, with the size that the disk had', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu', { sizeBytes: 2 * imageBytes });
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'changed');
    await machine.snapshot('node7', 'before');

    const clone = await machine.provision('node8', 'ubuntu', { snapshot: 'before' });

    expect(clone.disk.sizeBytes).to.equal(2 * imageBytes);
    expect(world.pool.content({ kind: 'disk', id: clone.disk.id })).to.equal('changed');
  });

  it('refuses a snapshot name that two nodes have, and takes NODE@NAME', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const name of ['a', 'b']) {
      await machine.provision(name, 'ubuntu');
      await machine.snapshot(name, 'base');
    }

    const error = await machine.provision('c', 'ubuntu', { snapshot: 'base' }).catch((each: unknown) => each);
    expect(error).to.have.property('reason', 'SNAPSHOT_AMBIGUOUS');
    expect(error).to.have.deep.nested.property('details.candidates', ['a@base', 'b@base']);

    const { disk } = await machine.provision('c', 'ubuntu', { snapshot: 'b@base' });
    expect(disk.snapshot).to.include({ node: 'b', name: 'base' });
  });

  it('refuses a snapshot of a disk that came from another image', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.import('debian', 'server:/debian.raw');
    await machine.provision('node7', 'debian');
    await machine.snapshot('node7', 'base');

    const error = await machine.provision('c', 'ubuntu', { snapshot: 'base' }).catch((each: unknown) => each);

    expect(error).to.have.property('reason', 'SNAPSHOT_NOT_FOUND');
    expect(error).to.have.property('message').that.contains('from image "debian"');
  });

  it('gives the same disk again when its snapshot is gone, but not for a new one of the same name', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    const made = await machine.provision('node8', 'ubuntu', { snapshot: 's' });
    await machine.deleteSnapshot('node7', 's');

    expect(await machine.provision('node8', 'ubuntu', { snapshot: 's' })).to.deep.equal(made);
    await machine.snapshot('node7', 's');
    expect(await reasonOf(machine.provision('node8', 'ubuntu', { snapshot: 's' }))).to.equal('NODE_EXISTS');
  });

  it('says that an image is still being imported', async () => {
    await using world = await World.open();
    const machine = world.start();
    let finish = (): void => undefined;
    let reached = (): void => undefined;
    const halfWay = new Promise<void>((resolve) => (reached = resolve));
    world.importer.halfWay = () => {
      reached();
      return new Promise((resolve) => (finish = resolve));
    };
    const importing = machine.import('ubuntu', 'server:/ubuntu.raw');
    await halfWay;

    expect(await reasonOf(machine.provision('node7', 'ubuntu'))).to.equal('OPERATION_PENDING');

    finish();
    await importing;
  });

  it('undoes a clone whose caller has left, and can then be asked again', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const caller = new AbortController();
    world.pool.onClone = (signal) => {
      caller.abort(new Error('left'));
      return new Promise((resolve) => {
        signal?.addEventListener('abort', () => {
          resolve();
        });
      });
    };

    const left = await machine
      .provision('node7', 'ubuntu', {}, caller.signal)
      .catch((error: unknown) => error);
    expect(left).to.have.property('message', 'left');
    await machine.parts.operations.close();

    expect(await world.leaks()).to.deep.equal([]);
    world.pool.onClone = () => Promise.resolve();
    expect(await world.start().provision('node7', 'ubuntu')).to.have.property('state', 'ready');
  });

  it('names the node whose file is gone instead of exporting nothing', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    world.pool.volumes.delete(`/pool/disk/${disk.id}`);

    expect(await reasonOf(machine.provision('node7', 'ubuntu'))).to.equal('VOLUME_MISSING');
  });
});
