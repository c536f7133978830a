import { expect } from 'chai';

import { images, type ReadyImage } from '../../src/catalog/tables.js';
import { imageTag } from '../../src/names.js';
import { viewDisks } from '../../src/views/disk-view.js';
import { viewImages } from '../../src/views/image-view.js';
import { viewNodes } from '../../src/views/node-view.js';
import { viewSnapshots } from '../../src/views/snapshot-view.js';
import { bytesOf, reasonOf, World } from '../fakes/world.js';
import { sha256Of } from '../fakes/memory-importer.js';

describe('import_image', () => {
  it('shows the image once it is whole', async () => {
    await using world = await World.open();
    const machine = world.start();
    let shown: unknown;
    world.importer.halfWay = async () => {
      shown = await viewImages(machine.parts);
    };

    await machine.import('ubuntu', 'server:/ubuntu.raw');

    expect(shown).to.deep.equal([]);
    expect((await viewImages(machine.parts)).map(({ name, clones }) => [name, clones])).to.deep.equal([
      ['ubuntu', 0],
    ]);
  });

  it('leaves an image alone that came from the same source', async () => {
    await using world = await World.open();
    const machine = world.start();

    const first = await machine.import('ubuntu', 'server:/ubuntu.raw');
    const sha256 = sha256Of('ubuntu');

    expect(await machine.import('ubuntu', 'server:/ubuntu.raw')).to.deep.equal(first);
    expect(await machine.import('ubuntu', 'server:/ubuntu.raw', sha256)).to.deep.equal(first);
    expect(world.importer.imports).to.equal(1);
  });

  it('imports once for callers who ask at the same time', async () => {
    await using world = await World.open();
    const machine = world.start();

    const both = await Promise.all([1, 2].map(() => machine.import('ubuntu', 'server:/ubuntu.raw')));

    expect(both[0]).to.deep.equal(both[1]);
    expect(world.importer.imports).to.equal(1);
  });

  const others: readonly [string, string, string | undefined][] = [
    ['source', 'server:/debian.raw', undefined],
    ['checksum', 'server:/ubuntu.raw', '0'.repeat(64)],
  ];
  for (const [what, source, sha256] of others) {
    it(`refuses another ${what} under a name that is taken`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();

      expect(await reasonOf(machine.import('ubuntu', source, sha256))).to.equal('IMAGE_EXISTS');
    });
  }

  describe('of an image that has no checksum', () => {
    it('makes it when one is given, and leaves the image alone', async () => {
      await using world = await World.open();
      world.importer.makesNoChecksums = true;
      const machine = await world.startWithImage();
      const sha256 = sha256Of('ubuntu');

      const { content } = await machine.import('ubuntu', 'server:/ubuntu.raw', sha256);

      expect(content).to.deep.include({ sha256, verifiedBy: 'sha256' });
      expect((await machine.import('ubuntu', 'server:/ubuntu.raw')).content).to.deep.equal(content);
      expect(world.importer.imports).to.equal(1);
    });

    it('makes that of the unpacked bytes if the source was compressed', async () => {
      await using world = await World.open();
      world.importer.makesNoChecksums = true;
      const machine = await world.startWithImage();
      await world.rewrite('image/ubuntu', (record) => ({
        ...record,
        content: { ...(record as ReadyImage).content, sha256: '1'.repeat(64), compression: 'gzip' },
      }));
      const unpackedSha256 = sha256Of('ubuntu');

      const { content } = await machine.import('ubuntu', 'server:/ubuntu.raw', unpackedSha256);

      expect(content).to.deep.include({ unpackedSha256, verifiedBy: 'unpackedSha256' });
    });

    it('refuses another one, and reports its own', async () => {
      await using world = await World.open();
      world.importer.makesNoChecksums = true;
      const machine = await world.startWithImage();

      const error = await machine
        .import('ubuntu', 'server:/ubuntu.raw', '0'.repeat(64))
        .catch((each: unknown) => each);

      expect(error).to.have.property('reason', 'IMAGE_EXISTS');
      expect(error).to.have.deep.nested.property('details.differs', { sha256: sha256Of('ubuntu') });
      expect((await machine.import('ubuntu', 'server:/ubuntu.raw')).content).to.not.have.property('sha256');
    });

    it('compares an upload with its bytes', async () => {
      await using world = await World.open();
      world.importer.makesNoChecksums = true;
      const machine = world.start();
      const first = await machine.import('ubuntu', bytesOf('ubuntu'));

      expect(await machine.import('ubuntu', bytesOf('ubuntu'))).to.deep.equal(first);
      expect(await reasonOf(machine.import('ubuntu', bytesOf('debian')))).to.equal('IMAGE_EXISTS');
    });
  });

  it('fetches an image again whose file was lost, also one that has clones', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    const { id } = await machine.import('ubuntu', 'server:/ubuntu.raw');
    world.pool.volumes.delete(`/pool/image/${id}`);

    await machine.import('ubuntu', 'server:/ubuntu.raw');

    expect(world.pool.content({ kind: 'image', id })).to.equal('ubuntu');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves nothing of a source that is not there', async () => {
    await using world = await World.open();
    const machine = world.start();

    expect(await reasonOf(machine.import('ubuntu', 'server:/none.raw'))).to.equal('SOURCE_NOT_FOUND');

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
      .import('ubuntu', 'server:/ubuntu.raw', undefined, caller.signal)
      .catch((error: unknown) => error);
    await machine.parts.operations.close();

    expect(left).to.have.property('message', 'left');
    expect(await machine.parts.catalog.list(images)).to.deep.equal([]);
    expect(world.pool.volumes.size).to.equal(0);
  });
});

describe('import_image of an upload', () => {
  it('leaves an image alone that the same bytes were uploaded to', async () => {
    await using world = await World.open();
    const machine = world.start();

    const first = await machine.import('ubuntu', bytesOf('ubuntu'));

    expect(first.source).to.equal('upload');
    expect(await machine.import('ubuntu', bytesOf('ubuntu'))).to.deep.equal(first);
    expect(await machine.import('ubuntu', bytesOf('unread'), sha256Of('ubuntu'))).to.deep.equal(first);
    expect(world.importer.imports).to.equal(1);
  });

  const others: readonly (readonly [string, string, string | undefined])[] = [
    ['other bytes', 'debian', undefined],
    ['another checksum', 'ubuntu', sha256Of('debian')],
  ];
  for (const [what, content, sha256] of others) {
    it(`refuses ${what} under a name that is taken`, async () => {
      await using world = await World.open();
      const machine = world.start();
      await machine.import('ubuntu', bytesOf('ubuntu'));

      expect(await reasonOf(machine.import('ubuntu', bytesOf(content), sha256))).to.equal('IMAGE_EXISTS');
    });
  }

  it('joins no other upload of the same name', async () => {
    await using world = await World.open();
    const machine = world.start();

    const both = await Promise.all(
      ['ubuntu', 'debian'].map((each) => reasonOf(machine.import('ubuntu', bytesOf(each)))),
    );

    expect(both).to.deep.equal([undefined, 'OPERATION_PENDING']);
  });

  it('puts the file back that was lost', async () => {
    await using world = await World.open();
    const machine = world.start();
    const { id } = await machine.import('ubuntu', bytesOf('ubuntu'));
    world.pool.volumes.clear();

    await machine.import('ubuntu', bytesOf('ubuntu'));

    expect(world.pool.content({ kind: 'image', id })).to.equal('ubuntu');
  });
});

describe('copy_image', () => {
  it('makes an image that stays when the first one is deleted', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const copy = await machine.copyImage('ubuntu', 'copy');
    await machine.deleteImage('ubuntu');

    expect(copy.source).to.equal('image:ubuntu');
    expect(world.pool.content({ kind: 'image', id: copy.id })).to.equal('ubuntu');
    await machine.provision('node7', 'copy');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves a copy alone that is one already, and refuses any other image', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.import('debian', 'server:/debian.raw');

    const copy = await machine.copyImage('ubuntu', 'copy');

    expect(await machine.copyImage('ubuntu', 'copy')).to.deep.equal(copy);
    expect(await reasonOf(machine.copyImage('debian', 'copy'))).to.equal('IMAGE_EXISTS');
    expect(await reasonOf(machine.copyImage('ubuntu', 'ubuntu'))).to.equal('IMAGE_EXISTS');
    expect(await reasonOf(machine.copyImage('none', 'other'))).to.equal('IMAGE_NOT_FOUND');
  });

  it('keeps its original from being deleted while it runs', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    let refused: unknown;
    world.pool.onClone = async () => {
      refused = await reasonOf(machine.deleteImage('ubuntu'));
    };

    await machine.copyImage('ubuntu', 'copy');

    expect(refused).to.equal('OPERATION_PENDING');
    expect(await machine.deleteImage('ubuntu')).to.equal(true);
  });
});

describe('promote_snapshot', () => {
  it('makes an image of what the disk held, which stays when node and snapshot are gone', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'golden');
    await machine.snapshot('node7', 'base');

    const golden = await machine.promote('node7', 'base', 'golden');
    await machine.detach('node7');
    await machine.deleteSnapshot('node7', 'base');
    await machine.deleteImage('ubuntu');

    expect(golden).to.deep.include({ source: 'snapshot:node7@base' });
    expect(golden.content).to.deep.equal({ sizeBytes: disk.sizeBytes, format: 'raw' });
    const { disk: cloned } = await machine.provision('node8', 'golden');
    expect(world.pool.content({ kind: 'disk', id: cloned.id })).to.equal('golden');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('leaves an image of the same snapshot alone, and refuses one of another', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 'base');
    await machine.snapshot('node7', 'later');

    const golden = await machine.promote('node7', 'base', 'golden');

    expect(await machine.promote('node7', 'base', 'golden')).to.deep.equal(golden);
    expect(await reasonOf(machine.promote('node7', 'later', 'golden'))).to.equal('IMAGE_EXISTS');
    expect(await reasonOf(machine.promote('node7', 'none', 'other'))).to.equal('SNAPSHOT_NOT_FOUND');
  });
});

describe('rename_image', () => {
  it('leaves disks and snapshots as they are, under the new name', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 'base');

    await machine.renameImage('ubuntu', 'jammy');

    expect((await machine.provision('node7', 'jammy')).disk.id).to.equal(disk.id);
    expect((await viewNodes(machine.parts)).map(({ image }) => image)).to.deep.equal(['jammy']);
    await machine.provision('node8', 'jammy', { snapshot: 'base' });
    expect(await reasonOf(machine.provision('node9', 'ubuntu'))).to.equal('IMAGE_NOT_FOUND');
    expect(await reasonOf(machine.deleteImage('jammy'))).to.equal('IMAGE_HAS_CLONES');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('is fine when it was done already, and refuses a name that is taken', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.import('debian', 'server:/debian.raw');

    const renamed = await machine.renameImage('ubuntu', 'jammy');

    expect(await machine.renameImage('ubuntu', 'jammy')).to.deep.equal(renamed);
    expect(await machine.renameImage('jammy', 'jammy')).to.deep.equal(renamed);
    expect(await reasonOf(machine.renameImage('debian', 'jammy'))).to.equal('IMAGE_EXISTS');
    expect(await reasonOf(machine.renameImage('none', 'other'))).to.equal('IMAGE_NOT_FOUND');
  });

  it('does not disturb a node of the image that is being made', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    world.pool.onClone = async () => {
      await machine.renameImage('ubuntu', 'jammy');
    };

    const { disk } = await machine.provision('node7', 'ubuntu');

    expect((await machine.provision('node7', 'jammy')).disk.id).to.equal(disk.id);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('writes one record, however many disks and snapshots there are', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const node of ['node7', 'node8', 'node9']) {
      await machine.provision(node, 'ubuntu');
      await machine.snapshot(node, 's');
    }
    const before = await world.records();

    await machine.renameImage('ubuntu', 'jammy');

    const after = await world.records();
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (key) => before.get(key) !== after.get(key) && !/^(?:event\/|deleted\/|version$)/.test(key),
    );
    expect(changed).to.have.members(['image/ubuntu', 'image/jammy']);
  });

  it('is remembered by what the trash has of the image, once it is deleted', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.trash('node7');
    await machine.renameImage('ubuntu', 'jammy');

    expect((await viewDisks(machine.parts)).map(({ image }) => image)).to.deep.equal(['jammy']);
    await machine.deleteImage('jammy');
    expect((await viewDisks(machine.parts)).map(({ image }) => image)).to.deep.equal(['jammy']);
    await machine.restore(disk.id);
    expect((await machine.provision('node7', 'jammy')).disk.id).to.equal(disk.id);
  });

  it('of an image whose disks were written by version e5be670 holds for them too', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { disk } = await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 's');
    await world.rewrite('node/node7', (record) => ({ ...record, disk: { ...disk, image: 'ubuntu' } }));
    await world.rewrite('snapshot/node7/s', (record) => ({ ...record, image: 'ubuntu' }));

    await machine.renameImage('ubuntu', 'jammy');

    expect((await viewNodes(machine.parts)).map(({ image }) => image)).to.deep.equal(['jammy']);
    const shown = await viewSnapshots(machine.parts, await machine.listSnapshots('node7'));
    expect(shown.map(({ image }) => image)).to.deep.equal(['jammy']);
  });

  it('and a provision at the same moment do not contradict each other', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    const [provisioned, renamed] = await Promise.all([
      reasonOf(machine.provision('node7', 'ubuntu')),
      reasonOf(machine.renameImage('ubuntu', 'jammy')),
    ]);

    expect([provisioned, renamed]).to.be.deep.oneOf([
      [undefined, undefined],
      ['IMAGE_NOT_FOUND', undefined],
    ]);
    expect(await world.leaks()).to.deep.equal([]);
  });
});

describe('the tags of an image', () => {
  const tags = (...names: string[]): ReturnType<typeof imageTag.parse>[] =>
    names.map((name) => imageTag.parse(name));

  it('are added and removed, each once', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();

    await machine.tagImage('ubuntu', { add: tags('lts', 'os=ubuntu', 'lts') });
    const { tags: left } = await machine.tagImage('ubuntu', { remove: tags('lts', 'none') });

    expect(left).to.deep.equal(['os=ubuntu']);
  });

  it('are at most 64', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const many = tags(...Array.from({ length: 65 }, (_, index) => `t${String(index)}`));

    expect(await reasonOf(machine.tagImage('ubuntu', { add: many }))).to.equal('TAGS_EXHAUSTED');
  });
});

describe('list_all_images', () => {
  it('selects by name and tags, and gives pages', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    for (const name of ['a1', 'a2', 'b1']) {
      await machine.copyImage('ubuntu', name);
    }
    await machine.tagImage('a2', { add: [imageTag.parse('lts'), imageTag.parse('x')] });
    await machine.tagImage('b1', { add: [imageTag.parse('lts')] });
    const names = async (selection: Parameters<typeof viewImages>[1]): Promise<string[]> =>
      (await viewImages(machine.parts, selection)).map(({ name }) => name);

    expect(await names({ filter: 'a*' })).to.deep.equal(['a1', 'a2']);
    expect(await names({ filter: '?1' })).to.deep.equal(['a1', 'b1']);
    expect(await names({ tags: ['lts'] })).to.deep.equal(['a2', 'b1']);
    expect(await names({ tags: ['lts', 'x'] })).to.deep.equal(['a2']);
    expect(await names({ limit: 2 })).to.deep.equal(['a1', 'a2']);
    expect(await names({ limit: 2, after: 'a2' })).to.deep.equal(['b1', 'ubuntu']);
  });

  it('reads records from before images had tags', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    const { entries } = await world.store.range({ prefix: 'image/' });
    const old = JSON.parse(entries[0]?.value ?? '') as Record<string, unknown>;
    delete old.tags;
    await world.store.commit(
      [],
      [{ put: 'image/ubuntu', value: JSON.stringify({ ...old, source: 'server:/ubuntu.raw' }) }],
    );

    expect(await viewImages(machine.parts))
      .to.have.nested.property('[0].tags')
      .that.deep.equals([]);
    expect(await reasonOf(machine.import('ubuntu', 'server:/ubuntu.raw'))).to.equal(undefined);
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
