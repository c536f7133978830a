import { expect } from 'chai';

import { refusal } from '@patchbay/objects/testing';

import { type OpenStore } from '../store-under-test.js';

/** States what `backup` promises. */
export function describeBackups(open: OpenStore): void {
  it('hold every entry and lease, and open as a store', async () => {
    await using opened = await open();
    const { store } = opened;
    const { leaseId } = await store.grantLease(1000);
    await store.commit([], [{ put: 'a', value: '1', leaseId }]);
    await store.commit([], [{ put: 'b', value: '2' }]);
    await store.backup(opened.backupPath);
    await using copy = await opened.openBackup(opened.backupPath);
    expect(await copy.range({ prefix: '' })).to.deep.equal(await store.range({ prefix: '' }));
    expect(await copy.leases()).to.deep.equal(await store.leases());
  });

  it('are of one moment, while commits go on', async () => {
    await using opened = await open();
    const { store } = opened;
    const filler = 'x'.repeat(10_000);
    for (let i = 0; i < 200; i += 1) {
      await store.commit([], [{ put: `filler/${String(i)}`, value: filler }]);
    }
    const state = { ended: false };
    const backup = store.backup(opened.backupPath).finally(() => {
      state.ended = true;
    });
    let count = 0;
    while (!state.ended) {
      count += 1;
      // The two are one commit: a backup that has one without the other is of no moment.
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
    await using copy = await opened.openBackup(opened.backupPath);
    expect((await copy.get('left'))?.value).to.equal((await copy.get('right'))?.value);
    expect(await copy.count('filler/')).to.equal(200);
    expect((await store.get('left'))?.value).to.equal(String(count));
  });

  it('never replace a file', async () => {
    await using opened = await open();
    await opened.store.commit([], [{ put: 'a', value: '1' }]);
    await opened.store.backup(opened.backupPath);
    await opened.store.commit([], [{ put: 'a', value: '2' }]);
    await refusal(opened.store.backup(opened.backupPath), 'BACKUP_EXISTS');
    await using copy = await opened.openBackup(opened.backupPath);
    expect((await copy.get('a'))?.value).to.equal('1');
  });
}
