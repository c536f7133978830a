import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';

import { refusal } from '@patchbay/objects/testing';
import { readBackup, restoreBackup, type Store, writeBackup } from '@patchbay/store';
import { expect } from 'chai';

import type { OpenStore } from '../store-under-test.js';

/** States what backups of a store hold, and that they can be restored into another. */
export function describeBackups(open: OpenStore): void {
  it('hold every entry but those of leases, and are restored into another store', async () => {
    await using opened = await open();
    const { store } = opened;
    const { leaseId } = await store.grantLease(60_000);
    await store.commit(
      [],
      [
        { put: 'a', value: 'naïve\n"🧵"\0' },
        { put: 'gone', value: '', leaseId },
        { put: 'ä', value: '' },
      ],
    );
    const copy = await restored(opened);
    expect(await contentOf(copy)).to.deep.equal([
      ['a', 'naïve\n"🧵"\0'],
      ['ä', ''],
    ]);
  });

  it('are restored in commits that every store takes', async () => {
    await using opened = await open();
    const { store } = opened;
    for (let index = 0; index < 6; index += 1) {
      await store.commit([], [{ put: `large/${String(index)}`, value: 'x'.repeat(300_000) }]);
    }
    for (let part = 0; part < 25; part += 1) {
      const operations = Array.from({ length: 10 }, (_, each) => ({
        put: `p${String(part)}/${String(each)}`,
        value: '',
      }));
      await store.commit([], operations);
    }
    const copy = await restored(opened);
    expect(await contentOf(copy)).to.deep.equal(await contentOf(store));
  });

  it('are restored when they are empty', async () => {
    await using opened = await open();
    const copy = await restored(opened);
    expect(await contentOf(copy)).to.be.empty;
  });

  it('are of one revision, while commits go on', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.commit([], [{ put: 'filler', value: 'x'.repeat(500_000) }]);
    const state = { ended: false };
    const backup = writeBackup(store, opened.backupPath).finally(() => {
      state.ended = true;
    });
    let count = 0;
    while (!state.ended) {
      count += 1;
      // The two are one commit: a backup that has one without the other is of no revision.
      const value = String(count);
      await store.commit(
        [],
        [
          { put: 'left', value },
          { put: 'right', value },
        ],
      );
    }
    await backup;
    const entries = new Map((await readBackup(opened.backupPath)).entries);
    expect(entries.get('left')).to.equal(entries.get('right'));
    expect((await store.get('left'))?.value).to.equal(String(count));
  });

  it('are text: the revision, an entry a line, and how many there are', async () => {
    await using opened = await open();
    const { revision } = await opened.store.commit([], [{ put: 'a', value: '1' }]);
    await writeBackup(opened.store, opened.backupPath);
    const [first, second, last] = (await readFile(opened.backupPath, 'utf8')).split('\n');
    expect(JSON.parse(first ?? '')).to.deep.equal({ backup: 1, revision });
    expect(second).to.equal('["a","1"]');
    expect(JSON.parse(last ?? '')).to.include({ entries: 1 });
  });

  it('never replace a file', async () => {
    await using opened = await open();
    await opened.store.commit([], [{ put: 'a', value: '1' }]);
    await writeBackup(opened.store, opened.backupPath);
    await opened.store.commit([], [{ put: 'a', value: '2' }]);
    await refusal(writeBackup(opened.store, opened.backupPath), 'BACKUP_EXISTS');
    expect((await readBackup(opened.backupPath)).entries).to.deep.equal([['a', '1']]);
  });

  for (const [what, damage] of [
    ['cut off', (path: string) => truncate(path, 60)],
    ['cut off at the end of a line', dropLastLine],
    ['changed', changeValue],
    ['longer than it was', (path: string) => appendFile(path, '["b","2"]\n')],
    ['empty', (path: string) => truncate(path, 0)],
    ['something else', (path: string) => writeFile(path, 'this is no backup\n'.repeat(9))],
  ] as const) {
    it(`are refused when they are ${what}`, async () => {
      await using opened = await open();
      await opened.store.commit([], [{ put: 'a', value: '1'.repeat(100) }]);
      await writeBackup(opened.store, opened.backupPath);
      await damage(opened.backupPath);
      await refusal(readBackup(opened.backupPath), 'BACKUP_DAMAGED');
    });
  }

  it('are refused when a newer version wrote them', async () => {
    await using opened = await open();
    await writeFile(opened.backupPath, '{"backup":2,"revision":7}\n{}\n');
    const error = await refusal(readBackup(opened.backupPath), 'STORE_VERSION_NEWER');
    expect(error.details).to.include({ version: 2, knownVersion: 1 });
  });
}

async function restored(opened: Awaited<ReturnType<OpenStore>>): Promise<Store> {
  await writeBackup(opened.store, opened.backupPath);
  const copy = await opened.openAnother();
  await restoreBackup(await readBackup(opened.backupPath), copy);
  return copy;
}

async function contentOf(store: Store): Promise<readonly (readonly [string, string])[]> {
  return (await store.range({ prefix: '' })).entries.map(({ key, value }) => [key, value]);
}

async function dropLastLine(path: string): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, `${lines.slice(0, -2).join('\n')}\n`);
}

async function changeValue(path: string): Promise<void> {
  await writeFile(path, (await readFile(path, 'utf8')).replace('111', '112'));
}
