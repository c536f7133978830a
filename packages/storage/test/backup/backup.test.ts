import { expect } from 'chai';
import { copyFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { systemClock } from '@patchbay/objects';
import { RecordingLog, refusal, Scratch } from '@patchbay/objects/testing';
import { openSqliteStore, type Store, writeBackup } from '@patchbay/store';

import { backUpTo } from '../../src/backup/backup-file.js';
import { restoreFrom } from '../../src/backup/restore.js';
import { Catalog } from '../../src/catalog/catalog.js';
import { answerLocally } from '../../src/catalog/local-requests.js';
import { openCatalogStore } from '../../src/catalog/open-catalog.js';
import { facts } from '../../src/catalog/tables.js';
import { localAnswers } from '../../src/object/create-storage.js';
import { World } from '../fakes/world.js';

/** Opens the catalog of a state directory. */
async function withCatalog<T>(
  stateDir: string,
  use: (catalog: Catalog, store: Store) => Promise<T>,
): Promise<T> {
  await using store = await openCatalogStore(stateDir, systemClock);
  return await use(new Catalog(store), store);
}

/** Makes a catalog that is in use, with a fact `word`. */
async function makeCatalog(stateDir: string, word: string): Promise<void> {
  await withCatalog(stateDir, async (catalog) => {
    await catalog.id();
    await writeWord(catalog, word);
  });
}

function writeWord(catalog: Catalog, word: string): Promise<void> {
  return catalog.transact((tx) => {
    tx.put(facts, 'word', word);
  });
}

function wordIn(stateDir: string): Promise<string | undefined> {
  return withCatalog(stateDir, (catalog) => catalog.get(facts, 'word'));
}

describe('a backup of the catalog', () => {
  it('becomes the catalog again, and the former one is kept beside it', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
    await makeCatalog(stateDir, 'before');
    await backUpTo(backup, stateDir, systemClock);
    expect((await stat(backup)).mode & 0o777).to.equal(0o600);
    await withCatalog(stateDir, (catalog) => writeWord(catalog, 'after'));
    const before = await readFile(backup);

    const { formerCatalog } = await restoreFrom(backup, stateDir, systemClock);
    expect(await wordIn(stateDir)).to.equal('before');
    expect(await withCatalog(stateDir, (catalog) => catalog.restoredFrom())).to.be.a('string');
    expect((await readFile(backup)).equals(before), 'the backup is only read').to.be.true;
    await using former = await openSqliteStore({ directory: formerCatalog ?? '', clock: systemClock });
    expect(await new Catalog(former).get(facts, 'word')).to.equal('after');
  });

  it('takes the place of a damaged catalog, which says how', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
    await makeCatalog(stateDir, 'before');
    await backUpTo(backup, stateDir, systemClock);
    const file = join(stateDir, 'catalog', 'store.sqlite');
    await truncate(file, Math.floor((await stat(file)).size / 2));
    const error = await refusal(openCatalogStore(stateDir, systemClock), 'CATALOG_DAMAGED');
    expect(error.message).to.include(`patchbay-storage restore BACKUP --state-dir ${stateDir}`);
    await refusal(backUpTo(scratch.file('other'), stateDir, systemClock), 'CATALOG_DAMAGED');
    await restoreFrom(backup, stateDir, systemClock);
    expect(await wordIn(stateDir)).to.equal('before');
  });

  it('becomes the catalog where there was none, and says so', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
    await makeCatalog(stateDir, 'before');
    await backUpTo(backup, stateDir, systemClock);
    const another = scratch.file('another');
    expect(await restoreFrom(backup, another, systemClock)).to.deep.equal({ formerCatalog: undefined });
    expect(await wordIn(another)).to.equal('before');
    expect(await readdir(join(another, 'catalog'))).to.deep.equal(['store.sqlite']);
  });

  it('becomes the catalog when it is a copy of the file of SQLite, as the first version made it', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup.sqlite')];
    await makeCatalog(stateDir, 'before');
    await copyFile(join(stateDir, 'catalog', 'store.sqlite'), backup);
    await withCatalog(stateDir, (catalog) => writeWord(catalog, 'after'));
    await restoreFrom(backup, stateDir, systemClock);
    expect(await wordIn(stateDir)).to.equal('before');
    expect(await withCatalog(stateDir, (catalog) => catalog.restoredFrom())).to.be.a('string');
  });

  it('is refused where there is no directory to write it to', async () => {
    await using scratch = await Scratch.make();
    const stateDir = scratch.file('state');
    await makeCatalog(stateDir, 'before');
    const { message } = await refusal(
      backUpTo(scratch.file('none/backup'), stateDir, systemClock),
      'ARGUMENT_INVALID',
    );
    expect(message).to.contain(scratch.file('none'));
  });

  it('is not restored while the catalog is open', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
    await makeCatalog(stateDir, 'before');
    await backUpTo(backup, stateDir, systemClock);
    await withCatalog(stateDir, async (catalog) => {
      await refusal(restoreFrom(backup, stateDir, systemClock), 'STORE_LOCKED');
      await writeWord(catalog, 'after');
    });
    expect(await wordIn(stateDir)).to.equal('after');
    expect(await readdir(join(stateDir, 'catalog'))).to.deep.equal(['store.sqlite']);
  });

  it('never replaces a file', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
    await makeCatalog(stateDir, 'before');
    await writeFile(backup, 'mine');
    await refusal(backUpTo(backup, stateDir, systemClock), 'BACKUP_EXISTS');
    expect(await readFile(backup, 'utf8')).to.equal('mine');
  });

  it('is refused where there is no catalog, and none is made', async () => {
    await using scratch = await Scratch.make();
    await refusal(backUpTo(scratch.file('backup'), scratch.file('state'), systemClock), 'CATALOG_NOT_FOUND');
    expect(await readdir(scratch.path)).to.deep.equal([]);
  });

  for (const [what, write] of [
    ['text', (path: string) => writeFile(path, 'this is no backup'.repeat(100))],
    ['empty', (path: string) => writeFile(path, '')],
    ['not there', () => Promise.resolve()],
    ['cut off', cutOffBackup],
    ['a file of SQLite that is cut off', cutOffCopy],
    ['a store of something else', otherStore],
  ] as const) {
    it(`is not restored when it is ${what}, and the catalog stays`, async () => {
      await using scratch = await Scratch.make();
      const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
      await makeCatalog(stateDir, 'before');
      await write(backup);
      const { message } = await refusal(restoreFrom(backup, stateDir, systemClock), 'BACKUP_UNUSABLE');
      expect(message).to.contain(`${backup} `);
      expect(await wordIn(stateDir)).to.equal('before');
      expect(await readdir(join(stateDir, 'catalog'))).to.deep.equal(['store.sqlite']);
    });
  }
});

describe('a backup of a catalog that is in use', () => {
  it('is written by the object that uses it', async () => {
    await using scratch = await Scratch.make();
    await using world = await World.open();
    const { parts } = world.start();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
    await withCatalog(stateDir, async (catalog) => {
      await catalog.id();
      await writeWord(catalog, 'in use');
      await using answering = await answerLocally(
        stateDir,
        localAnswers({ ...parts, catalog }, stateDir),
        new RecordingLog(),
      );
      expect(answering).to.not.be.undefined;
      await backUpTo(backup, stateDir, systemClock);
      await refusal(backUpTo(backup, stateDir, systemClock), 'BACKUP_EXISTS');
      expect((await readdir(join(stateDir, 'catalog'))).filter((name) => name.includes('requested'))).to.be
        .empty;
    });
    expect((await stat(backup)).mode & 0o777).to.equal(0o600);
    await restoreFrom(backup, stateDir, systemClock);
    expect(await wordIn(stateDir)).to.equal('in use');
  });

  it('is refused, and leaves nothing, when the object does not answer or breaks off', async () => {
    await using scratch = await Scratch.make();
    const [stateDir, backup] = [scratch.file('state'), scratch.file('backup')];
    await withCatalog(stateDir, async (catalog, store) => {
      await catalog.id();
      await refusal(backUpTo(backup, stateDir, systemClock), 'CATALOG_IN_USE');
      const log = new RecordingLog();
      const whole = scratch.file('whole');
      await writeBackup(store, whole);
      const half = (await readFile(whole)).subarray(0, 100);
      const answers = [
        () => Promise.reject(new Error('no space left')),
        () => Promise.resolve(Readable.from([half])),
      ];
      for (const [index, reason] of (['CATALOG_IN_USE', 'BACKUP_UNUSABLE'] as const).entries()) {
        const answer = answers[index] ?? answers[0];
        await using answering = await answerLocally(
          stateDir,
          {
            backup: () => (answer as () => Promise<Readable>)(),
            fsck: () => Promise.reject(new Error('no')),
          },
          log,
        );
        expect(answering).to.not.be.undefined;
        await refusal(backUpTo(backup, stateDir, systemClock), reason);
      }
    });
    expect((await readdir(scratch.path)).sort()).to.deep.equal(['state', 'whole']);
  });
});

async function cutOffBackup(path: string): Promise<void> {
  await using scratch = await Scratch.make();
  await makeCatalog(scratch.file('state'), 'x'.repeat(50_000));
  await backUpTo(path, scratch.file('state'), systemClock);
  await truncate(path, Math.floor((await stat(path)).size / 2));
}

async function cutOffCopy(path: string): Promise<void> {
  await using scratch = await Scratch.make();
  await makeCatalog(scratch.file('state'), 'x'.repeat(50_000));
  await copyFile(join(scratch.file('state'), 'catalog', 'store.sqlite'), path);
  await truncate(path, Math.floor((await stat(path)).size / 2));
}

async function otherStore(path: string): Promise<void> {
  await using scratch = await Scratch.make();
  await using store = await openSqliteStore({ directory: scratch.path, clock: systemClock });
  await store.commit([], [{ put: 'a', value: '1' }]);
  await writeBackup(store, path);
}
