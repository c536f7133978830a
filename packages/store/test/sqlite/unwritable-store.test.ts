import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { type RpcError, systemClock } from '@patchbay/objects';
import {
  diskTroubles,
  eventually,
  FakeClock,
  RecordingLog,
  refusal,
  SmallDisk,
} from '@patchbay/objects/testing';

import { openSqliteStore, type SqliteStoreOptions } from '../../src/sqlite/open-sqlite-store.js';
import type { Change, Store } from '../../src/store.js';
import { retryWriteMs } from '../../src/write-health.js';

describe('a store whose disk cannot be written', function () {
  this.timeout(60_000);

  before(function () {
    if (process.getuid?.() !== 0) {
      this.skip(); // only root can mount one
    }
  });

  /** Opens a store, and keeps what it reports of its disk. */
  function open(
    disk: SmallDisk,
    options: Partial<SqliteStoreOptions> = {},
  ): { store: Promise<Store>; reported: (string | undefined)[]; log: RecordingLog } {
    const reported: (string | undefined)[] = [];
    const log = new RecordingLog();
    const store = openSqliteStore({
      directory: disk.path,
      clock: systemClock,
      log,
      whenUnwritable: 'read',
      onWritable: (failure: RpcError | undefined) => {
        reported.push(failure?.reason);
      },
      ...options,
    });
    return { store, reported, log };
  }

  for (const { title, reason, strike, heal } of diskTroubles) {
    for (const [how, leave] of [
      ['in order', undefined],
      ['by a crash', crash],
    ] as const) {
      it(`is read where the disk is ${title} and it was closed ${how}, and written once it can be`, async () => {
        await using disk = await SmallDisk.mount();
        {
          await using store = await openSqliteStore({ directory: disk.path, clock: systemClock });
          const { leaseId } = await store.grantLease(600_000);
          await store.commit([], [{ put: 'a', value: '1' }]);
          await store.commit([], [{ put: 'b', value: '2', leaseId }]);
          leave?.(disk);
        }
        restoreCrash(disk);
        strike(disk);
        const clock = new FakeClock();
        const { store: opening, reported, log } = open(disk, { clock });
        await using store = await opening;
        expect(reported).to.deep.equal([reason]);
        expect((await store.range({ prefix: '' })).entries.map(({ value }) => value)).to.deep.equal([
          '1',
          '2',
        ]);
        await refusal(store.commit([], [{ put: 'a', value: 'lost' }]), reason);
        const { leaseId = '' } = (await store.get('b')) ?? {};
        expect(await store.keepAlive(leaseId)).to.deep.equal({ leaseId, ttlMs: 600_000 });
        const { signal } = new AbortController();
        const watched = store.watch({ prefix: '', fromRevision: 1, signal })[Symbol.asyncIterator]();
        const [change] = ((await watched.next()).value ?? []) as readonly Change[];
        expect(change?.entry.key).to.equal('b');
        const next = watched.next();

        heal(disk);
        await eventually(async () => {
          await clock.advance(retryWriteMs);
          return reported.length > 1;
        });
        expect(reported).to.deep.equal([reason, undefined]);
        expect(await store.commit([], [{ put: 'a', value: '3' }])).to.include({
          committed: true,
          revision: 3,
        });
        expect((await store.get('a'))?.value).to.equal('3');
        expect(await store.keepAlive(leaseId)).to.deep.equal({ leaseId, ttlMs: 600_000 });
        expect(((await next).value as readonly Change[])[0]?.entry).to.include({ key: 'a', value: '3' });
        expect(log.lines.map(({ level }) => level)).to.deep.equal(['error', 'info']);
      });
    }
  }

  it('is read while its disk fills up, and written again once there is room, though nobody writes', async () => {
    await using disk = await SmallDisk.mount();
    const clock = new FakeClock();
    const { store: opening, reported } = open(disk, { clock });
    await using store = await opening;
    await store.commit([], [{ put: 'a', value: '1' }]);
    disk.fill();
    await refusal(store.commit([], [{ put: 'b', value: 'x'.repeat(100_000) }]), 'STORE_FULL');
    expect(reported).to.deep.equal(['STORE_FULL']);
    expect((await store.get('a'))?.value).to.equal('1');
    await clock.advance(2 * retryWriteMs);
    expect(reported).to.deep.equal(['STORE_FULL']);
    disk.free();
    await eventually(async () => {
      await clock.advance(retryWriteMs);
      return reported.length > 1;
    });
    expect(reported).to.deep.equal(['STORE_FULL', undefined]);
  });

  it('is an empty one on a full disk where none was, and refused on a read-only one', async () => {
    await using disk = await SmallDisk.mount();
    disk.fill();
    const { store: opening, reported } = open(disk);
    {
      await using store = await opening;
      expect(reported).to.deep.equal(['STORE_FULL']);
      expect(await store.count('')).to.equal(0);
      await refusal(store.commit([], [{ put: 'a', value: '' }]), 'STORE_FULL');
    }
    rmSync(join(disk.path, 'store.sqlite'), { force: true });
    disk.remount('ro');
    await refusal(open(disk).store, 'STORE_READ_ONLY');
  });

  it('is refused where it must be written', async () => {
    await using disk = await SmallDisk.mount();
    await (await openSqliteStore({ directory: disk.path, clock: systemClock }))[Symbol.asyncDispose]();
    disk.remount('ro');
    await refusal(open(disk, { whenUnwritable: 'refuse' }).store, 'STORE_READ_ONLY');
  });
});

const crashed = '.crashed';

/** Keeps the files of an open store as they would be after a crash: the last commits are in the log. */
function crash({ path }: SmallDisk): void {
  for (const name of ['store.sqlite', 'store.sqlite-wal']) {
    // By another process: closing a file here would drop the store's lock on it.
    execFileSync('cp', [join(path, name), join(path, name + crashed)]);
  }
}

function restoreCrash({ path }: SmallDisk): void {
  for (const name of ['store.sqlite', 'store.sqlite-wal']) {
    const kept = join(path, name + crashed);
    if (existsSync(kept)) {
      copyFileSync(kept, join(path, name));
      rmSync(kept);
    }
  }
}
