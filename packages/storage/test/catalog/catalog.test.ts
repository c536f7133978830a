import { expect } from 'chai';

import { Catalog, type Transaction } from '../../src/catalog/catalog.js';
import { events } from '../../src/catalog/events.js';
import { facts, type ImageRecord, images, nodes, snapshotKey, snapshots } from '../../src/catalog/tables.js';
import { iqn } from '../../src/names.js';
import { World } from '../fakes/world.js';

const getA = (tx: Transaction): Promise<unknown> => tx.get(facts, 'a');
const getB = (tx: Transaction): Promise<unknown> => tx.get(facts, 'b');
const listAll = (tx: Transaction): Promise<unknown> => tx.list(facts);
const listBelow = (tx: Transaction): Promise<unknown> => tx.list(facts, 'below/');
const nothing = (): Promise<unknown> => Promise.resolve();

function put(key: string): (tx: Transaction) => void {
  return (tx) => {
    tx.put(facts, key, 'theirs');
  };
}

function remove(key: string): (tx: Transaction) => void {
  return (tx) => {
    tx.delete(facts, key);
  };
}

async function someImage(world: World): Promise<ImageRecord> {
  const machine = await world.startWithImage();
  const [image] = await machine.parts.catalog.list(images);
  return image!.value;
}

describe('Catalog', () => {
  it('commits what a transaction writes together', async () => {
    await using world = await World.open();
    const catalog = new Catalog(world.store);

    await catalog.transact((tx) => {
      tx.put(facts, 'a', '1');
      tx.put(facts, 'b', '2');
    });

    expect(await catalog.list(facts)).to.deep.equal([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]);
  });

  it('writes nothing of a transaction that throws', async () => {
    await using world = await World.open();
    const catalog = new Catalog(world.store);

    const transaction = catalog.transact((tx) => {
      tx.put(facts, 'a', '1');
      throw new Error('changed my mind');
    });

    expect(await transaction.catch((error: unknown) => (error as Error).message)).to.equal('changed my mind');
    expect(await catalog.list(facts)).to.deep.equal([]);
  });

  it('lets transactions follow one another, so that none is lost', async () => {
    await using world = await World.open();
    const catalog = new Catalog(world.store);
    const increment = (): Promise<void> =>
      catalog.transact(async (tx) => {
        tx.put(facts, 'count', String(Number((await tx.get(facts, 'count')) ?? '0') + 1));
      });

    await Promise.all(Array.from({ length: 20 }, increment));

    expect(await catalog.get(facts, 'count')).to.equal('20');
  });

  for (const [what, read, change, runs] of [
    ['changed a record that it read', getA, put('a'), 2],
    ['made a record that it found missing', getB, put('b'), 2],
    ['deleted a record that it read', getA, remove('a'), 2],
    ['changed a record of a list', listAll, put('a'), 2],
    ['made a record of a list', listAll, put('b'), 2],
    ['deleted a record of a list', listAll, remove('a'), 2],
    ['changed a record that it did not read', getB, put('a'), 1],
    ['changed nothing of a list', listBelow, put('a'), 1],
    ['changed a record that it only writes', nothing, put('ours'), 1],
  ] as const) {
    it(`runs ${runs === 1 ? 'once' : 'again'} when another process ${what} meanwhile`, async () => {
      await using world = await World.open();
      const catalog = new Catalog(world.store);
      const other = new Catalog(world.store);
      await catalog.transact(put('a'));
      let ran = 0;

      await catalog.transact(async (tx) => {
        ran += 1;
        await read(tx);
        if (ran === 1) {
          await other.transact(change);
        }
        tx.put(facts, 'ours', String(ran));
      });

      expect(ran).to.equal(runs);
      expect(await catalog.get(facts, 'ours')).to.equal(String(runs));
    });
  }

  it('runs again when the two reads of a transaction do not fit together', async () => {
    await using world = await World.open();
    const catalog = new Catalog(world.store);
    const other = new Catalog(world.store);
    const seen: (string | undefined)[][] = [];

    await catalog.transact(async (tx) => {
      const first = await tx.get(facts, 'a');
      if (seen.length === 0) {
        await other.transact(put('a'));
      }
      seen.push([first, await tx.get(facts, 'a')]);
      tx.put(facts, 'ours', '');
    });

    expect(seen).to.deep.equal([
      [undefined, 'theirs'],
      ['theirs', 'theirs'],
    ]);
  });

  it('numbers the events of several processes without gaps, and runs no transaction again for that', async () => {
    await using world = await World.open();
    const image = await someImage(world);
    const catalogs = [new Catalog(world.store), new Catalog(world.store), new Catalog(world.store)];
    const before = await catalogs[0]?.revision();
    let ran = 0;

    await Promise.all(
      catalogs.flatMap((catalog, index) =>
        ['x', 'y'].map((name) =>
          catalog.transact((tx) => {
            ran += 1;
            tx.put(images, `${name}${String(index)}`, {
              ...image,
              name: `${name}${String(index)}` as typeof image.name,
            });
          }),
        ),
      ),
    );

    expect(ran).to.equal(6);
    const keys = (await world.store.range({ prefix: events.prefix })).entries.map(({ key }) =>
      Number(key.slice(events.prefix.length)),
    );
    expect(keys.slice(-6)).to.deep.equal([1, 2, 3, 4, 5, 6].map((each) => (before ?? 0) + each));
    expect(await catalogs[0]?.revision()).to.equal((before ?? 0) + 6);
  });

  it('keeps one id for ever', async () => {
    await using world = await World.open();

    const id = await new Catalog(world.store).id();

    expect(await new Catalog(world.store).id()).to.equal(id);
  });

  it('refuses to write a record that is not valid', async () => {
    await using world = await World.open();
    const catalog = new Catalog(world.store);

    const writing = catalog.transact((tx) => {
      tx.put(nodes, 'node7', { state: 'ready' } as never);
    });

    expect(await writing.catch((error: unknown) => (error as Error).name)).to.equal('ZodError');
  });

  for (const value of ['{"state":"lost"}', 'not JSON']) {
    it(`names the record that it cannot read: ${value}`, async () => {
      await using world = await World.open();
      await world.store.commit([], [{ put: 'node/node7', value }]);

      const reading = new Catalog(world.store).get(nodes, 'node7');

      expect(await reading.catch((error: unknown) => (error as Error).message)).to.contain('node/node7');
    });
  }

  it('remembers every prefix that was in use', async () => {
    await using world = await World.open();
    const catalog = new Catalog(world.store);
    const [one, two] = [iqn.parse('iqn.2026-11.org.one'), iqn.parse('iqn.2026-11.org.two')];

    await catalog.rememberPrefix(one);
    await catalog.rememberPrefix(two);

    expect(await catalog.rememberPrefix(one)).to.have.members([one, two]);
  });

  it('lists the snapshots of one node, and not those of one whose name begins alike', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node1', 'ubuntu');
    await machine.provision('node12', 'ubuntu');
    await machine.snapshot('node1', 's');
    await machine.snapshot('node12', 's');

    const listed = await machine.parts.catalog.list(snapshots, snapshotKey('node1', ''));

    expect(listed.map(({ value }) => value.node)).to.deep.equal(['node1']);
  });
});
