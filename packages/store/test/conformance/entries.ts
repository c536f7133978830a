import { refusal } from '@patchbay/objects/testing';
import { keysWith, type Operation, type Store } from '@patchbay/store';
import { expect } from 'chai';

import type { OpenStore } from '../store-under-test.js';

/** States what commits do, and what a key then has. */
export function describeEntries(open: OpenStore): void {
  it('knows nothing at first', async () => {
    await using opened = await open();
    expect(await opened.store.get('a')).to.be.undefined;
    expect(await opened.store.count('')).to.equal(0);
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

  it('gives every commit a revision of its own, higher than any that it could see', async () => {
    await using opened = await open();
    const before = await opened.store.revision();
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((key) => opened.store.commit([], [{ put: key, value: '' }])),
    );
    const revisions = outcomes.map(({ revision }) => revision);
    expect(new Set(revisions).size).to.equal(3);
    expect(Math.min(...revisions)).to.be.greaterThan(before);
    expect(await opened.store.revision()).to.equal(Math.max(...revisions));
    expect((await put(opened.store, 'a')).revision).to.be.greaterThan(Math.max(...revisions));
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
    expect(outcome.committed).to.be.true;
    expect(outcome.revision).to.be.greaterThan(revision);
    expect(await keys(opened.store)).to.deep.equal(['b']);
  });

  it('applies none when one condition does not hold', async () => {
    await using opened = await open();
    const { revision } = await put(opened.store, 'a');
    const unmet = { key: 'b', modRevision: revision };
    const outcome = await opened.store.commit(
      [{ key: 'a', modRevision: revision }, unmet],
      [{ delete: 'a' }, { put: 'b', value: '' }],
    );
    expect(outcome).to.deep.equal({
      committed: false,
      revision,
      conflicts: [{ condition: unmet, entries: [] }],
    });
    expect(await keys(opened.store)).to.deep.equal(['a']);
  });

  it('lets only one of two commits that were made on the same condition win', async () => {
    await using opened = await open();
    const condition = { key: 'a', modRevision: 0 };
    const outcomes = await Promise.all(
      ['1', '2'].map((value) => opened.store.commit([condition], [{ put: 'a', value }])),
    );
    expect(outcomes.map(({ committed }) => committed)).to.have.members([true, false]);
    const winner = outcomes[0]?.committed === true ? '1' : '2';
    expect((await opened.store.get('a'))?.value).to.equal(winner);
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
        [{ keys: keysWith('a/'), unwrittenSince: revision }],
        [{ put: 'x', value: '' }],
      );
      expect(outcome.committed).to.equal(committed);
    });
  }

  it('returns with a refusal the entries that refused it, as they are', async () => {
    await using opened = await open();
    const { revision } = await put(opened.store, 'a/old');
    await opened.store.commit(
      [],
      ['a/1', 'a/2', 'b'].map((key) => ({ put: key, value: 'new' })),
    );
    const conditions = [
      { keys: keysWith('a/'), unwrittenSince: revision },
      { key: 'b', modRevision: revision },
      { key: 'a/old', modRevision: revision },
    ];
    const outcome = await opened.store.commit(conditions, [{ put: 'c', value: '' }]);
    expect(outcome).to.have.property('committed', false);
    expect(outcome).to.have.deep.property('conflicts', [
      { condition: conditions[0], entries: [await opened.store.get('a/1'), await opened.store.get('a/2')] },
      { condition: conditions[1], entries: [await opened.store.get('b')] },
    ]);
  });

  it('does not count a key outside of an interval as written in it', async () => {
    await using opened = await open();
    await opened.store.commit(
      [],
      ['a', 'c'].map((key) => ({ put: key, value: '' })),
    );
    const condition = { keys: { from: 'a!', to: 'c' }, unwrittenSince: 0 };
    expect((await opened.store.commit([condition], [{ put: 'b', value: '' }])).committed).to.be.true;
    expect((await opened.store.commit([condition], [{ put: 'b', value: '' }])).committed).to.be.false;
  });

  it('does not count a key that was deleted, or whose lease has ended, as written', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(60_000);
    await opened.store.commit(
      [],
      [
        { put: 'a/b', value: '' },
        { put: 'a/c', value: '', leaseId },
      ],
    );
    await opened.store.commit([], [{ delete: 'a/b' }]);
    await opened.store.revokeLease(leaseId);
    const condition = { keys: keysWith('a/'), unwrittenSince: 0 };
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
      expect(await opened.store.count('')).to.equal(0);
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

  for (const [kind, conditions, operations] of [
    ['operations', 0, (limit: number) => numbered(limit, () => '')],
    ['conditions', 1, () => numbered(1, () => '')],
    ['bytes', 0, (limit: number) => numbered(2, () => 'x'.repeat(limit / 2))],
  ] as const) {
    it(`refuses a commit of more ${kind} than its limit, and takes one of as many`, async () => {
      await using opened = await open();
      const { limits } = opened.store;
      const absent = (count: number) =>
        Array.from({ length: conditions * count }, (_, i) => ({ key: `none${String(i)}`, modRevision: 0 }));
      const writes = operations(limits[kind]);
      const large = opened.store.commit(absent(limits[kind] + 1), [...writes, { put: 'more', value: '' }]);
      const error = await refusal(large, 'COMMIT_TOO_LARGE');
      expect(error.details).to.include({ kind, limit: limits[kind] });
      expect(await opened.store.count('')).to.equal(0);
      const fitting = kind === 'bytes' ? numbered(1, () => 'x'.repeat(limits.bytes - 1)) : writes;
      expect((await opened.store.commit(absent(limits[kind]), fitting)).committed).to.be.true;
    });
  }

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

/** Makes so many puts, of keys of one byte or a few. */
function numbered(count: number, valueOf: () => string): Operation[] {
  return Array.from({ length: count }, (_, index) => ({ put: index.toString(36), value: valueOf() }));
}

function put(store: Store, key: string): Promise<{ readonly committed: boolean; readonly revision: number }> {
  return store.commit([], [{ put: key, value: '' }]);
}

async function keys(store: Store): Promise<readonly string[]> {
  return (await store.range({ prefix: '' })).entries.map(({ key }) => key);
}
