import { execFileSync } from 'node:child_process';
import { open as openFile, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { systemClock } from '@patchbay/objects';
import { FakeClock, refusal } from '@patchbay/objects/testing';
import { type Change, openSqliteStore, type Store, writeBackup } from '@patchbay/store';
import Database from 'better-sqlite3';
import { expect } from 'chai';

import { describeStore } from '../conformance.js';
import { CommittingProcess } from './committing-process.js';
import { Scratch } from './scratch.js';
import { sqliteUnderTest } from './sqlite-under-test.js';

describeStore(
  'the SQLite store',
  sqliteUnderTest((store) => Promise.resolve(store)),
);

describe('a file of the SQLite store', () => {
  it('is for its owner alone, in a directory that is too', async () => {
    await using scratch = await Scratch.make();
    const directory = join(scratch.directory, 'new', 'state');
    await using store = await openSqliteStore({ directory, clock: systemClock });
    await store.commit([], [{ put: 'a', value: '' }]);
    expect((await stat(directory)).mode & 0o777).to.equal(0o700);
    expect((await stat(join(directory, 'store.sqlite'))).mode & 0o777).to.equal(0o600);
    expect((await stat(join(directory, 'store.sqlite-wal'))).mode & 0o777).to.equal(0o600);
  });

  it('still has everything when it is opened again', async () => {
    await using scratch = await Scratch.make();
    const before = await withStore(scratch, async (store) => {
      const { leaseId } = await store.grantLease(1000);
      await store.commit([], [{ put: 'a', value: '1', leaseId }]);
      await store.commit([], [{ put: 'b', value: '2' }]);
      return { page: await store.range({ prefix: '' }), lease: await store.keepAlive(leaseId) };
    });
    const after = await withStore(scratch, async (store) => ({
      page: await store.range({ prefix: '' }),
      lease: await store.keepAlive(before.lease?.leaseId ?? ''),
    }));
    expect(after).to.deep.equal(before);
  });

  it('has backups that are for their owner alone', async () => {
    await using scratch = await Scratch.make();
    const path = join(scratch.directory, 'backup');
    await withStore(scratch, (store) => writeBackup(store, path));
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('leaves nothing of a backup that cannot be written, and goes on', async () => {
    await using scratch = await Scratch.make();
    await withStore(scratch, async (store) => {
      const path = join(scratch.directory, 'no-such-directory', 'backup');
      await refusal(writeBackup(store, path), 'STORE_FAILED');
      expect((await store.commit([], [{ put: 'a', value: '' }])).committed).to.be.true;
    });
  });

  it('still has its history when it is opened again', async () => {
    await using scratch = await Scratch.make();
    await withStore(scratch, async (store) => {
      await store.commit([], [{ put: 'a', value: '' }]);
      await store.commit([], [{ put: 'b', value: '' }]);
    });
    await withStore(scratch, async (store) => {
      expect((await firstAfter(store, 1)).value).to.have.nested.property('[0].entry.key', 'b');
    });
  });

  it('forgets the history that is not to be kept, a part at a time and when it is opened', async () => {
    await using scratch = await Scratch.make();
    const { directory } = scratch;
    const options = { directory, clock: systemClock };
    await using store = await openSqliteStore({ ...options, historyRevisions: 20 });
    for (let i = 0; i < 100; i += 1) {
      await store.commit([], [{ put: 'a', value: String(i) }]);
    }
    expect((await firstAfter(store, 80)).value).to.have.nested.property('[0].revision', 81);
    const error = await refusal(firstAfter(store, 77), 'REVISION_COMPACTED');
    expect(error.code).to.equal('OUT_OF_RANGE');
    await store[Symbol.asyncDispose]();
    await using shorter = await openSqliteStore({ ...options, historyRevisions: 1 });
    await refusal(firstAfter(shorter, 98), 'REVISION_COMPACTED');
    expect((await firstAfter(shorter, 99)).value).to.have.nested.property('[0].revision', 100);
    expect((await shorter.get('a'))?.value).to.equal('99');
  });

  it('gives every lease its whole time anew when it is opened again', async () => {
    await using scratch = await Scratch.make();
    const clock = new FakeClock();
    const directory = scratch.directory;
    const first = await openSqliteStore({ directory, clock });
    const { leaseId } = await first.grantLease(1000);
    await first.commit([], [{ put: 'a', value: '', leaseId }]);
    await clock.advance(900);
    await first[Symbol.asyncDispose]();
    await clock.advance(5000);
    await using second = await openSqliteStore({ directory, clock });
    await clock.advance(999);
    expect(await second.get('a')).to.not.be.undefined;
    await clock.advance(1);
    expect(await second.get('a')).to.be.undefined;
  });

  it('has every lease that keys hang on when it is opened again', async () => {
    await using scratch = await Scratch.make();
    await withStore(scratch, async (store) => {
      const { leaseId } = await store.grantLease(60_000);
      await store.commit([], [{ put: 'a', value: '', leaseId }]);
    });
    await withStore(scratch, async (store) => {
      const leaseId = (await store.get('a'))?.leaseId ?? '';
      expect(await store.keepAlive(leaseId)).to.include({ leaseId });
    });
  });

  it('does not grow while leases are kept alive', async () => {
    await using scratch = await Scratch.make();
    await withStore(scratch, async (store) => {
      const { leaseId } = await store.grantLease(1000);
      await store.commit([], [{ put: 'a', value: '', leaseId }]); // with which the lease is written
      const wal = join(scratch.directory, 'store.sqlite-wal');
      const before = await stat(wal);
      for (let i = 0; i < 1000; i += 1) {
        await store.keepAlive(leaseId);
      }
      const after = await stat(wal);
      expect([after.size, after.mtimeMs]).to.deep.equal([before.size, before.mtimeMs]);
    });
  });

  it('is refused to a second opener, and the first goes on', async () => {
    await using scratch = await Scratch.make();
    await withStore(scratch, async (store) => {
      const error = await refusal(open(scratch), 'STORE_LOCKED');
      expect(error.message).to.include(scratch.directory);
      expect((await store.commit([], [{ put: 'a', value: '' }])).committed).to.be.true;
    });
  });

  it('is refused while another process has it open, and free once that is killed', async () => {
    await using scratch = await Scratch.make();
    await using child = await CommittingProcess.start(scratch.directory, 'key');
    await child.acknowledged(1);
    await refusal(open(scratch), 'STORE_LOCKED');
    await child.kill();
    await withStore(scratch, async (store) => {
      expect(await store.get('key/0')).to.not.be.undefined;
    });
  });

  it('loses no acknowledged commit when its process is killed with -9', async () => {
    await using scratch = await Scratch.make();
    const acknowledged: string[] = [];
    for (const [round, atLeast] of [40, 57, 74].entries()) {
      const prefix = `round-${String(round)}`;
      await using child = await CommittingProcess.start(scratch.directory, prefix);
      await child.acknowledged(atLeast);
      acknowledged.push(...(await child.kill()).map((number) => `${prefix}/${number}`));
    }
    await withStore(scratch, async (store) => {
      const { entries, revision } = await store.range({ prefix: 'round-' });
      const found = new Set(entries.map(({ key }) => key));
      expect(acknowledged.filter((key) => !found.has(key))).to.be.empty;
      expect(acknowledged).to.have.lengthOf.at.least(40 + 57 + 74);
      expect(revision).to.equal(entries.length);
    });
  });

  for (const [what, damage] of [
    ['text', (file: string) => writeFile(file, 'this is no database, and long enough to say so'.repeat(50))],
    ['cut in half', halve],
    ['overwritten in the middle', scribble],
  ] as const) {
    it(`is refused when it is ${what}`, async () => {
      await using scratch = await Scratch.make();
      await withStore(scratch, async (store) => {
        for (let i = 0; i < 50; i += 1) {
          await store.commit([], [{ put: `key/${String(i)}`, value: 'x'.repeat(1000) }]);
        }
      });
      await damage(join(scratch.directory, 'store.sqlite'));
      const error = await refusal(open(scratch), 'STORE_DAMAGED');
      expect(error.code).to.equal('DATA_LOSS');
    });
  }

  it("is refused, and left as it is, when it is another program's", async () => {
    await using scratch = await Scratch.make();
    const file = join(scratch.directory, 'store.sqlite');
    const other = new Database(file);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    const before = await readFile(file);
    await refusal(open(scratch), 'STORE_DAMAGED');
    expect((await readFile(file)).equals(before)).to.be.true;
  });

  it('is refused when a newer version wrote it', async () => {
    await using scratch = await Scratch.make();
    await withStore(scratch, (store) => store.commit([], [{ put: 'a', value: '' }]));
    const newer = new Database(join(scratch.directory, 'store.sqlite'));
    newer.pragma('user_version = 3');
    newer.close();
    const error = await refusal(open(scratch), 'STORE_VERSION_NEWER');
    expect(error.details).to.include({ version: 3, knownVersion: 2 });
  });

  it('is taken from an older version, which can open it no more', async () => {
    await using scratch = await Scratch.make();
    await withStore(scratch, (store) => store.commit([], [{ put: 'a', value: 'kept' }]));
    const file = join(scratch.directory, 'store.sqlite');
    const older = new Database(file);
    older.pragma('user_version = 1');
    older.close();
    await withStore(scratch, async (store) => {
      expect((await store.get('a'))?.value).to.equal('kept');
    });
    const taken = new Database(file);
    expect(taken.pragma('user_version', { simple: true })).to.equal(2);
    taken.close();
  });

  it('is refused where no directory can be', async () => {
    await using scratch = await Scratch.make();
    await writeFile(join(scratch.directory, 'file'), '');
    const directory = join(scratch.directory, 'file', 'state');
    await refusal(openSqliteStore({ directory, clock: systemClock }), 'STORE_FAILED');
  });

  it('is refused where the file system makes no directory, at once', async () => {
    const error = await refusal(
      openSqliteStore({ directory: '/proc/x/state', clock: systemClock }),
      'STORE_READ_ONLY',
    );
    expect(error.message).to.include('/proc/x/state');
  });

  it('is refused on a read-only disk, whether it is there or not', async function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // only root can mount one
    }
    await using scratch = await Scratch.make();
    await withStore(scratch, (store) => store.commit([], [{ put: 'a', value: '' }]));
    execFileSync('mount', ['--bind', scratch.directory, scratch.directory]);
    try {
      execFileSync('mount', ['-o', 'remount,bind,ro', scratch.directory]);
      for (const directory of [scratch.directory, join(scratch.directory, 'new')]) {
        await refusal(openSqliteStore({ directory, clock: systemClock }), 'STORE_READ_ONLY');
      }
    } finally {
      execFileSync('umount', [scratch.directory]);
    }
  });
}).timeout(60_000);

/** Reads the first commit that a watch after a revision yields. */
function firstAfter(store: Store, fromRevision: number): Promise<IteratorResult<readonly Change[]>> {
  const { signal } = new AbortController();
  return store.watch({ prefix: '', fromRevision, signal })[Symbol.asyncIterator]().next();
}

function open({ directory }: Scratch): Promise<Store> {
  return openSqliteStore({ directory, clock: systemClock });
}

async function withStore<T>(scratch: Scratch, use: (store: Store) => Promise<T>): Promise<T> {
  await using store = await open(scratch);
  return await use(store);
}

async function halve(file: string): Promise<void> {
  const { size } = await stat(file);
  await truncate(file, Math.floor(size / 2));
}

async function scribble(file: string): Promise<void> {
  const { size } = await stat(file);
  const handle = await openFile(file, 'r+');
  try {
    for (let at = 4096; at < size; at += 4096) {
      await handle.write(Buffer.alloc(64, 0xa5), 0, 64, at);
    }
  } finally {
    await handle.close();
  }
}
