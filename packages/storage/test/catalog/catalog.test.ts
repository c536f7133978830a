import { expect } from 'chai';

import { Catalog } from '../../src/catalog/catalog.js';
import { facts, nodes, snapshotKey, snapshots } from '../../src/catalog/tables.js';
import { iqn } from '../../src/names.js';
import { World } from '../fakes/world.js';

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

  it('runs a transaction again when another process committed meanwhile, even elsewhere', async () => {
    await using world = await World.open();
    const catalog = new Catalog(world.store);
    const other = new Catalog(world.store);
    let runs = 0;

    await catalog.transact(async (tx) => {
      runs += 1;
      const seen = await tx.list(facts);
      if (runs === 1) {
        await other.transact((theirs) => {
          theirs.put(facts, 'theirs', 'x');
        });
      }
      tx.put(facts, 'ours', String(seen.length));
    });

    expect(runs).to.equal(2);
    expect(await catalog.get(facts, 'ours')).to.equal('1');
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
