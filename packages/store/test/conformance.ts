import type { Store } from '@patchbay/store';
import { expect } from 'chai';

import { describeBackups } from './conformance/backups.js';
import { describeEntries } from './conformance/entries.js';
import { describeLeases } from './conformance/leases.js';
import { describeModel } from './conformance/model.js';
import { describeWatch } from './conformance/watch.js';
import type { OpenStore } from './store-under-test.js';

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
    expect(second.revision).to.equal(await opened.store.revision());
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

  it('leaves no room for entries whose lease has ended', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(60_000);
    await opened.store.commit([], [{ put: 'a', value: '', leaseId }]);
    await opened.store.commit(
      [],
      ['b', 'c'].map((key) => ({ put: key, value: '' })),
    );
    await opened.store.revokeLease(leaseId);
    const page = await opened.store.range({ prefix: '', limit: 2 });
    expect(page.entries.map(({ key }) => key)).to.deep.equal(['b', 'c']);
    expect(page.more).to.be.false;
    expect(await opened.store.count('')).to.equal(2);
  });
}

async function keys(store: Store, prefix = ''): Promise<readonly string[]> {
  return (await store.range({ prefix })).entries.map(({ key }) => key);
}
