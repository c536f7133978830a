import { expect } from 'chai';

import { refusal } from '@patchbay/objects/testing';
import { type Store } from '@patchbay/store';

import { describeBackups } from './conformance/backups.js';
import { describeLeases } from './conformance/leases.js';
import { describeModel } from './conformance/model.js';
import { describeWatch } from './conformance/watch.js';
import { type OpenStore } from './store-under-test.js';

/** States the contract of `Store` as tests, for one implementation. */
export function describeStore(name: string, open: OpenStore): void {
  describe(name, () => {
    describe('entries', () => {
      describeEntries(open);
    });
    describe('ranges', () => {
      describeRanges(open);
    });
    describe('leases', () => {
      describeLeases(open);
    });
    describe('watch', () => {
      describeWatch(open);
    });
    describe('backups', () => {
      describeBackups(open);
    });
    describe('against a model', () => {
      describeModel(open);
    });
  }).timeout(60_000);
}

function describeEntries(open: OpenStore): void {
  it('knows nothing at first', async () => {
    await using opened = await open();
    expect(await opened.store.get('a')).to.be.undefined;
    expect(await opened.store.revision()).to.equal(0);
  });

  it('keeps a value with the revisions that made and changed it', async () => {
    await using opened = await open();
    const first = await opened.store.commit([], [{ put: 'a', value: '1' }]);
    const second = await opened.store.commit([], [{ put: 'a', value: '2' }]);
    expect(await opened.store.get('a')).to.deep.equal({
      key: 'a',
      value: '2',
      createRevision: first.revision,
      modRevision: second.revision,
      leaseId: undefined,
    });
  });

  it('gives every commit a revision of its own, one higher than the last', async () => {
    await using opened = await open();
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((key) => opened.store.commit([], [{ put: key, value: '' }])),
    );
    expect(outcomes.map(({ revision }) => revision)).to.deep.equal([1, 2, 3]);
    expect(await opened.store.revision()).to.equal(3);
  });

  it('gives a key that comes back a new create revision', async () => {
    await using opened = await open();
    await put(opened.store, 'a');
    await opened.store.commit([], [{ delete: 'a' }]);
    expect(await opened.store.get('a')).to.be.undefined;
    const { revision } = await put(opened.store, 'a');
    expect((await opened.store.get('a'))?.createRevision).to.equal(revision);
  });

  it('applies all operations when all conditions hold', async () => {
    await using opened = await open();
    const { revision } = await put(opened.store, 'a');
    const outcome = await opened.store.commit(
      [
        { key: 'a', modRevision: revision },
        { key: 'b', modRevision: 0 },
      ],
      [{ delete: 'a' }, { put: 'b', value: '' }],
    );
    expect(outcome).to.deep.equal({ committed: true, revision: revision + 1 });
    expect(await keys(opened.store)).to.deep.equal(['b']);
  });

  it('applies none when one condition does not hold', async () => {
    await using opened = await open();
    const { revision } = await put(opened.store, 'a');
    const outcome = await opened.store.commit(
      [
        { key: 'a', modRevision: revision },
        { key: 'b', modRevision: 7 },
      ],
      [{ delete: 'a' }, { put: 'b', value: '' }],
    );
    expect(outcome).to.deep.equal({ committed: false, revision });
    expect(await keys(opened.store)).to.deep.equal(['a']);
  });

  it('lets only one of two commits that were made on the same condition win', async () => {
    await using opened = await open();
    const condition = { key: 'a', modRevision: 0 };
    const outcomes = await Promise.all(
      ['1', '2'].map((value) => opened.store.commit([condition], [{ put: 'a', value }])),
    );
    expect(outcomes.map(({ committed }) => committed)).to.deep.equal([true, false]);
    expect((await opened.store.get('a'))?.value).to.equal('1');
  });

  for (const [what, key, committed] of [
    ['no key with its prefix was written since', 'b', true],
    ['a key with its prefix was made since', 'a/c', false],
    ['a key with its prefix was written since', 'a/b', false],
  ] as const) {
    it(`${committed ? 'applies' : 'does not apply'} operations where ${what}`, async () => {
      await using opened = await open();
      const { revision } = await put(opened.store, 'a/b');
      await put(opened.store, key);
      const outcome = await opened.store.commit(
        [{ prefix: 'a/', unwrittenSince: revision }],
        [{ put: 'x', value: '' }],
      );
      expect(outcome.committed).to.equal(committed);
    });
  }

  it('does not count a key that was deleted, or whose lease has passed, as written', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.store.commit(
      [],
      [
        { put: 'a/b', value: '' },
        { put: 'a/c', value: '', leaseId },
      ],
    );
    await opened.store.commit([], [{ delete: 'a/b' }]);
    await opened.advance(1000);
    const condition = { prefix: 'a/', unwrittenSince: 0 };
    expect((await opened.store.commit([condition], [{ put: 'a/d', value: '' }])).committed).to.be.true;
    expect((await opened.store.commit([condition], [{ put: 'a/d', value: '' }])).committed).to.be.false;
  });

  it('takes the deletion of an absent key for fine', async () => {
    await using opened = await open();
    expect((await opened.store.commit([], [{ delete: 'a' }])).committed).to.be.true;
  });

  for (const [what, key] of [
    ['an empty key', ''],
    ['a key with NUL', 'a\0b'],
    ['a key of 513 bytes', 'é'.repeat(256) + 'x'],
    ['a key with half of a surrogate pair', 'a\ud800'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await using opened = await open();
      await refusal(put(opened.store, key), 'KEY_INVALID');
      await refusal(opened.store.get(key), 'KEY_INVALID');
      expect(await opened.store.revision()).to.equal(0);
    });
  }

  it('takes a key of 512 bytes', async () => {
    await using opened = await open();
    await put(opened.store, 'é'.repeat(256));
    expect(await keys(opened.store)).to.deep.equal(['é'.repeat(256)]);
  });

  it('refuses a commit that writes a key twice', async () => {
    await using opened = await open();
    const twice = opened.store.commit([], [{ put: 'a', value: '' }, { delete: 'a' }]);
    await refusal(twice, 'KEY_REPEATED');
  });

  it('refuses a value that is not text', async () => {
    await using opened = await open();
    await refusal(opened.store.commit([], [{ put: 'a', value: '\udfff' }]), 'VALUE_INVALID');
  });

  for (const value of ['', '\0 and on', 'naïve 🧵', 'x'.repeat(1_000_000)]) {
    it(`gives back the value ${JSON.stringify(value.slice(0, 12))} as it was`, async () => {
      await using opened = await open();
      await opened.store.commit([], [{ put: 'a', value }]);
      expect((await opened.store.get('a'))?.value).to.equal(value);
    });
  }

  it('refuses to serve once it is closed', async () => {
    const opened = await open();
    await opened[Symbol.asyncDispose]();
    await refusal(opened.store.get('a'), 'STORE_CLOSED');
    await refusal(put(opened.store, 'a'), 'STORE_CLOSED');
  });

  it('finishes the commits that were asked for before it closes', async () => {
    const opened = await open();
    const commit = put(opened.store, 'a');
    await opened[Symbol.asyncDispose]();
    expect((await commit).committed).to.be.true;
  });
}

function describeRanges(open: OpenStore): void {
  for (const [prefix, wanted] of [
    ['', ['a', 'a%b', 'a_b', 'aXb', 'b', 'ä', '\ud7ff', '\ue000', '🧵', '\u{10ffff}', '\u{10ffff}a']],
    ['a', ['a', 'a%b', 'a_b', 'aXb']],
    ['a_', ['a_b']],
    ['a%', ['a%b']],
    ['A', []],
    ['\ud7ff', ['\ud7ff']],
    ['🧵', ['🧵']],
    ['\u{10ffff}', ['\u{10ffff}', '\u{10ffff}a']],
    ['(x+x+)+y', []],
  ] as const) {
    const sorted = [...wanted].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    it(`finds exactly the keys that begin with "${encodeURI(prefix)}"`, async () => {
      await using opened = await open();
      const all = ['a', 'a%b', 'a_b', 'aXb', 'b', 'ä', '\ud7ff', '\ue000', '🧵', '\u{10ffff}', '\u{10ffff}a'];
      await opened.store.commit(
        [],
        all.map((key) => ({ put: key, value: '' })),
      );
      expect(await keys(opened.store, prefix)).to.deep.equal(sorted);
      expect(await opened.store.count(prefix)).to.equal(sorted.length);
    });
  }

  it('gives pages that follow one another', async () => {
    await using opened = await open();
    await opened.store.commit(
      [],
      ['a/1', 'a/2', 'a/3', 'b'].map((key) => ({ put: key, value: '' })),
    );
    const first = await opened.store.range({ prefix: 'a/', limit: 2 });
    expect(first.entries.map(({ key }) => key)).to.deep.equal(['a/1', 'a/2']);
    expect(first.more).to.be.true;
    const second = await opened.store.range({ prefix: 'a/', after: 'a/2', limit: 2 });
    expect(second.entries.map(({ key }) => key)).to.deep.equal(['a/3']);
    expect(second.more).to.be.false;
    expect(second.revision).to.equal(1);
  });

  for (const [after, wanted] of [
    ['A', ['a/1', 'a/2']],
    ['a/', ['a/1', 'a/2']],
    ['a/1', ['a/2']],
    ['a/10', ['a/2']],
    ['b', []],
  ] as const) {
    it(`begins after ${after}, whether that is there or not`, async () => {
      await using opened = await open();
      await opened.store.commit(
        [],
        ['a/1', 'a/2', 'c'].map((key) => ({ put: key, value: '' })),
      );
      const { entries } = await opened.store.range({ prefix: 'a/', after });
      expect(entries.map(({ key }) => key)).to.deep.equal(wanted);
    });
  }

  it('does not count entries that it hides towards the limit', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.store.commit([], [{ put: 'a', value: '', leaseId }]);
    await opened.store.commit(
      [],
      ['b', 'c'].map((key) => ({ put: key, value: '' })),
    );
    await opened.advance(1000);
    const page = await opened.store.range({ prefix: '', limit: 2 });
    expect(page.entries.map(({ key }) => key)).to.deep.equal(['b', 'c']);
    expect(page.more).to.be.false;
    expect(await opened.store.count('')).to.equal(2);
  });
}

function put(store: Store, key: string): Promise<{ readonly committed: boolean; readonly revision: number }> {
  return store.commit([], [{ put: key, value: '' }]);
}

async function keys(store: Store, prefix = ''): Promise<readonly string[]> {
  return (await store.range({ prefix })).entries.map(({ key }) => key);
}
