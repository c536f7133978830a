import { join } from 'node:path';

import { FakeClock, refusal } from '@patchbay/objects/testing';
import { openMirror, openSqliteStore, type Store, writeBackup } from '@patchbay/store';
import Database from 'better-sqlite3';
import { expect } from 'chai';

import { Watching } from '../watching.js';
import { Scratch } from './scratch.js';

/** How a record may be damaged, as a statement that a disk would not ask for. */
const damages = {
  'its value': `UPDATE entries SET value = 'x' || substr(value, 2) WHERE key = 'b'`,
  'its revision': `UPDATE entries SET mod_revision = mod_revision + 1 WHERE key = 'b'`,
  'its lease': `UPDATE entries SET lease_id = NULL WHERE key = 'b'`,
  'its checksum': `UPDATE entries SET checksum = checksum + 1 WHERE key = 'b'`,
} as const;

for (const [name, wrap] of [
  ['the SQLite store', (store: Store) => Promise.resolve(store)],
  ['the mirror', (store: Store) => openMirror(store)],
] as const) {
  describe(`a damaged record of ${name}`, () => {
    let scratch: Scratch;
    let clock: FakeClock;
    let store: Store;

    const open = async (): Promise<void> => {
      store = await wrap(await openSqliteStore({ directory: scratch.directory, clock }));
    };
    const damage = async (statement: string = damages['its value']): Promise<void> => {
      await store[Symbol.asyncDispose]();
      const file = new Database(join(scratch.directory, 'store.sqlite'));
      file.exec(statement);
      file.close();
      await open();
    };

    beforeEach(async () => {
      scratch = await Scratch.make();
      clock = new FakeClock();
      await open();
      const { leaseId } = await store.grantLease(1000);
      await store.commit(
        [],
        ['a', 'b', 'c'].map((key) => ({ put: key, value: `value of ${key}`, leaseId })),
      );
    });
    afterEach(async () => {
      await store[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    });

    for (const [what, statement] of Object.entries(damages)) {
      it(`is noticed by whoever reads it when it is ${what}, and others are served`, async () => {
        await damage(statement);
        const error = await refusal(store.get('b'), 'RECORD_DAMAGED');
        expect(error.message).to.include('"b"').and.to.include('backup');
        expect(error.details).to.deep.equal({ key: 'b' });
        await refusal(store.range({ prefix: '' }), 'RECORD_DAMAGED');
        await refusal(store.commit([{ key: 'b', modRevision: 1 }], [{ delete: 'b' }]), 'RECORD_DAMAGED');
        expect((await store.get('a'))?.value).to.equal('value of a');
        expect((await store.range({ prefix: 'c' })).entries).to.have.lengthOf(1);
        expect(await store.count('')).to.equal(3);
      });
    }

    it('is listed for those who ask', async () => {
      await damage();
      const page = await store.range({ prefix: '', limit: 2, listDamaged: true });
      expect(page).to.deep.include({ damaged: ['b'], more: false });
      expect(page.entries.map(({ key }) => key)).to.deep.equal(['a', 'c']);
    });

    it('makes a backup fail', async () => {
      await damage();
      await refusal(writeBackup(store, join(scratch.directory, 'backup')), 'RECORD_DAMAGED');
    });

    it('can be written anew', async () => {
      await damage();
      await store.commit([], [{ put: 'b', value: 'new' }]);
      expect((await store.get('b'))?.value).to.equal('new');
      expect((await store.range({ prefix: '' })).entries).to.have.lengthOf(3);
    });

    for (const [how, remove] of [
      ['is deleted', () => store.commit([], [{ delete: 'b' }])],
      ['goes with its lease', () => clock.advance(2000)],
    ] as const) {
      it(`${how} without its value being told`, async () => {
        await damage();
        await using watching = new Watching(store, { prefix: 'b' });
        await remove();
        await clock.advance(0);
        expect(watching.told).to.deep.equal(['delete b']);
        expect(await store.get('b')).to.be.undefined;
        expect(await store.count('b')).to.equal(0);
      });
    }

    it('cannot be told of a record without checksum, which is accepted, and has one once it is written', async () => {
      await damage(`UPDATE entries SET checksum = NULL, value = 'old' WHERE key = 'b'`);
      expect((await store.get('b'))?.value).to.equal('old');
      await store.commit([], [{ put: 'b', value: 'new' }]);
      await damage();
      await refusal(store.get('b'), 'RECORD_DAMAGED');
    });

    it('cannot be in a file of a version without checksums, which opens', async () => {
      await damage('ALTER TABLE entries DROP COLUMN checksum; ALTER TABLE changes DROP COLUMN checksum');
      expect((await store.range({ prefix: '' })).entries).to.have.lengthOf(3);
    });
  });
}
