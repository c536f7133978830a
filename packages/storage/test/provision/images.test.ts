import { expect } from 'chai';

import { images } from '../../src/catalog/tables.js';
import { viewImages } from '../../src/views/image-view.js';
import { reasonOf, World } from '../fakes/world.js';
import { sha256Of } from '../fakes/memory-importer.js';

describe('import_image', () => {
  it('shows the image once it is whole', async () => {
    await using world = await World.open();
    const machine = world.start();
    let shown: unknown;
    world.importer.halfWay = async () => {
      shown = await viewImages(machine.parts);
    };

    await machine.import('ubuntu', '/ubuntu.raw');

    expect(shown).to.deep.equal([]);
    expect((await viewImages(machine.parts)).map(({ name, clones }) => [name, clones])).to.deep.equal([
      ['ubuntu', 0],
    ]);
  });

  it('leaves an image alone that came from the same source', async () => {
    await using world = await World.open();
    const machine = world.start();

    const first = await machine.import('ubuntu', '/ubuntu.raw');
    const sha256 = sha256Of('ubuntu').toUpperCase();

    expect(await machine.import('ubuntu', '/ubuntu.raw')).to.deep.equal(first);
    expect(await machine.import('ubuntu', '/ubuntu.raw', sha256)).to.deep.equal(first);
    expect(world.importer.imports).to.equal(1);
  });

  it('imports once for callers who ask at the same time', async () => {
    await using world = await World.open();
    const machine = world.start();

    const both = await Promise.all([1, 2].map(() => machine.import('ubuntu', '/ubuntu.raw')));

    expect(both[0]).to.deep.equal(both[1]);
    expect(world.importer.imports).to.equal(1);
  });

  const others: readonly [string, string, string | undefined][] = [
    ['source', '/debian.raw', undefined],
    ['checksum', '/ubuntu.raw', '0'.repeat(64)],
  ];
  for (const [what, source, sha256] of others) {
    it(`refuses another ${what} under a name that is taken`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();

      expect(await reasonOf(machine.import('ubuntu', source, sha256))).to.equal('IMAGE_EXISTS');
    });
  }

  it('fetches an image again whose file was lost, also one that has clones', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const { id } = await machine.import('ubuntu', '/ubuntu.raw');
    world.pool.volumes.delete(`/pool/image/${id}`);

    await machine.import('ubuntu', '/ubuntu.raw');

    expect(world.pool.content({ kind: 'image', id })).to.equal('ubuntu');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves nothing of a source that is not there', async () => {
    await using world = await World.open();
    const machine = world.start();

    expect(await reasonOf(machine.import('ubuntu', '/none.raw'))).to.equal('SOURCE_NOT_FOUND');

    expect(await machine.parts.catalog.list(images)).to.deep.equal([]);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves nothing when its caller has left', async () => {
    await using world = await World.open();
    const machine = world.start();
    const caller = new AbortController();
    world.importer.halfWay = () => {
      caller.abort(new Error('left'));
      return Promise.resolve();
    };

    const left = await machine
      .import('ubuntu', '/ubuntu.raw', undefined, caller.signal)
      .catch((error: unknown) => error);
    await machine.parts.operations.close();

    expect(left).to.have.property('message', 'left');
    expect(await machine.parts.catalog.list(images)).to.deep.equal([]);
    expect(world.pool.volumes.size).to.equal(0);
  });
});

describe('delete_image', () => {
  it('removes the image, and is content when there is none', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    expect(await machine.deleteImage('ubuntu')).to.equal(true);
    expect(await machine.deleteImage('ubuntu')).to.equal(false);
    expect(world.pool.volumes.size).to.equal(0);
  });

  for (const keep of [false, true]) {
    it(`is refused while ${keep ? 'a kept' : "a node's"} disk is a clone, and names the node`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu');
      await (keep && machine.detach('node7', true));

      const error = await machine.deleteImage('ubuntu').catch((each: unknown) => each);

      expect(error).to.have.property('reason', 'IMAGE_HAS_CLONES');
      expect(error).to.have.deep.nested.property('details.nodes', ['node7']);
    });
  }

  it('is refused while a snapshot of a disk from it is left, and names the snapshot', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 'base');
    await machine.detach('node7');

    const error = await machine.deleteImage('ubuntu').catch((each: unknown) => each);

    expect(error).to.have.property('reason', 'IMAGE_HAS_SNAPSHOTS');
    expect(error).to.have.deep.nested.property('details.snapshots', ['node7@base']);
  });

  it('and a provision at the same moment never both succeed', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const [provisioned, deleted] = await Promise.all([
      reasonOf(machine.provision('node7', 'ubuntu')),
      reasonOf(machine.deleteImage('ubuntu')),
    ]);

    expect([provisioned, deleted]).to.be.deep.oneOf([
      [undefined, 'IMAGE_HAS_CLONES'],
      ['IMAGE_NOT_FOUND', undefined],
    ]);
    expect(await world.leaks()).to.deep.equal([]);
  });
});
