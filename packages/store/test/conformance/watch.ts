import { expect } from 'chai';

import { eventually, refusal } from '@patchbay/objects/testing';
import type { Change, Store } from '@patchbay/store';

import type { OpenStore } from '../store-under-test.js';
import { Watching } from '../watching.js';

/** States what watchers see. */
export function describeWatch(open: OpenStore): void {
  it('yields what is committed after the call, a commit at a time', async () => {
    await using opened = await open();
    await opened.store.commit([], [{ put: 'before', value: '' }]);
    await using watching = new Watching(opened.store, { prefix: '' });
    await opened.store.commit(
      [],
      [
        { put: 'a', value: '1' },
        { put: 'b', value: '2' },
      ],
    );
    await opened.store.commit([], [{ delete: 'a' }]);
    await told(watching, ['put a=1, put b=2', 'delete a']);
  });

  it('begins at the call, not when it is first read', async () => {
    await using opened = await open();
    const signal = new AbortController();
    const watch = opened.store.watch({ prefix: '', signal: signal.signal });
    await opened.store.commit([], [{ put: 'a', value: '' }]);
    expect((await next(watch)).map(({ entry }) => entry.key)).to.deep.equal(['a']);
    signal.abort();
  });

  it('yields the history after a revision first', async () => {
    await using opened = await open();
    const [first, ...others] = await putEach(opened.store, ['a', 'b', 'c']);
    await using watching = new Watching(opened.store, { prefix: '', fromRevision: first ?? 0 });
    const [last] = await putEach(opened.store, ['d']);
    await told(watching, ['put b=', 'put c=', 'put d=']);
    expect(watching.commits.map((changes) => changes[0]?.revision)).to.deep.equal([...others, last]);
  });

  it('yields only what is below the prefix', async () => {
    await using opened = await open();
    await using watching = new Watching(opened.store, { prefix: 'a_' });
    for (const key of ['ab', 'A_', 'a_1', 'b']) {
      await opened.store.commit([], [{ put: key, value: '' }]);
    }
    await told(watching, ['put a_1=']);
  });

  it('gives with a deletion the entry that went', async () => {
    await using opened = await open();
    await opened.store.commit([], [{ put: 'a', value: 'last words' }]);
    const entry = await opened.store.get('a');
    const { revision } = await opened.store.commit([], [{ delete: 'a' }, { delete: 'absent' }]);
    const fromRevision = entry?.modRevision ?? 0;
    await using watching = new Watching(opened.store, { prefix: '', fromRevision });
    await told(watching, ['delete a']);
    expect(watching.commits).to.deep.equal([[{ type: 'delete', entry, revision }]]);
  });

  it('tells of the keys of a lease that ended as one commit', async () => {
    await using opened = await open();
    const { leaseId, ttlMs } = await opened.store.grantLease(1000);
    await opened.store.commit(
      [],
      ['a', 'b'].map((key) => ({ put: key, value: '', leaseId })),
    );
    await using watching = new Watching(opened.store, { prefix: '' });
    await opened.advance(ttlMs + opened.store.lateMs);
    await told(watching, ['delete a, delete b']);
  });

  it('tells that a key went before it tells that it came back', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(60_000);
    await opened.store.commit([], [{ put: 'a', value: 'old', leaseId }]);
    await using watching = new Watching(opened.store, { prefix: '' });
    await opened.store.revokeLease(leaseId);
    await opened.store.commit([], [{ put: 'a', value: 'new' }]);
    await told(watching, ['delete a', 'put a=new']);
  });

  it('gives a page and a watch from its revision without a gap, whatever is committed between', async () => {
    await using opened = await open();
    const commits = Array.from({ length: 50 }, (_, i) =>
      opened.store.commit([], [{ put: String(i), value: '' }]),
    );
    const page = await opened.store.range({ prefix: '' });
    await using watching = new Watching(opened.store, { prefix: '', fromRevision: page.revision });
    await Promise.all(commits);
    await eventually(() => page.entries.length + watching.commits.length === 50);
  });

  it('lets a slow watcher read at its own pace', async () => {
    await using opened = await open();
    const signal = new AbortController();
    const seen: Change[] = [];
    const watch = opened.store.watch({ prefix: '', signal: signal.signal });
    const values = Array.from({ length: 1000 }, (_, i) => String(i));
    void Promise.all(values.map((value) => opened.store.commit([], [{ put: 'a', value }])));
    for await (const changes of watch) {
      seen.push(...changes);
      if (seen.length === 1000) {
        signal.abort();
      }
    }
    expect(seen.map(({ entry }) => entry.value)).to.have.members(values);
    expect(seen).to.deep.equal([...seen].sort((a, b) => a.revision - b.revision));
  });

  it('tells a watcher that falls behind every change or that it cannot, and never skips', async () => {
    await using opened = await open({ historyRevisions: 10 });
    const { revision } = await opened.store.commit([], [{ put: 'a', value: '0' }]);
    const watch = watchFrom(opened.store, revision)[Symbol.asyncIterator]();
    await opened.store.commit([], [{ put: 'a', value: '1' }]);
    await watch.next();
    for (let value = 2; value < 100; value += 1) {
      await opened.store.commit([], [{ put: 'a', value: String(value) }]);
    }
    try {
      for (let value = 2; value < 100; value += 1) {
        const next = (await watch.next()).value as readonly Change[] | undefined;
        expect(next?.map(({ entry }) => entry.value)).to.deep.equal([String(value)]);
      }
    } catch (error) {
      expect(error).to.include({ reason: 'REVISION_COMPACTED', code: 'OUT_OF_RANGE' });
    }
  });

  it('does not hold history that is gone against a watcher that missed nothing', async () => {
    await using opened = await open({ historyRevisions: 5 });
    await using watching = new Watching(opened.store, { prefix: 'a' });
    for (let i = 0; i < 50; i += 1) {
      await opened.store.commit([], [{ put: 'b', value: '' }]);
    }
    await opened.store.commit([], [{ put: 'a', value: '' }]);
    await told(watching, ['put a=']);
  });

  it('keeps the history of as many revisions as it was told to', async () => {
    await using opened = await open({ historyRevisions: 10 });
    const revisions = await putEach(
      opened.store,
      Array.from({ length: 50 }, (_, i) => `k${String(i)}`),
    );
    const fromRevision = revisions.at(-11) ?? 0;
    await using watching = new Watching(opened.store, { prefix: '', fromRevision });
    await eventually(() => watching.commits.length === 10);
  });

  it('refuses a revision that the store has not reached', async () => {
    await using opened = await open();
    const revision = await opened.store.revision();
    await refusal(next(watchFrom(opened.store, revision + 1)), 'REVISION_COMPACTED');
  });

  it('ends when its signal aborts', async () => {
    await using opened = await open();
    const watching = new Watching(opened.store, { prefix: '' });
    await watching[Symbol.asyncDispose]();
    await watching.ended;
  });

  it('ends when its signal was aborted before', async () => {
    await using opened = await open();
    const fromRevision = await opened.store.revision();
    await opened.store.commit([], [{ put: 'a', value: '' }]);
    const watch = opened.store.watch({ prefix: '', fromRevision, signal: AbortSignal.abort() });
    expect((await watch[Symbol.asyncIterator]().next()).done).to.be.true;
  });

  it('ends when the store is closed', async () => {
    const opened = await open();
    const watching = new Watching(opened.store, { prefix: '' });
    await opened[Symbol.asyncDispose]();
    await watching.ended;
    expect(watching.commits).to.be.empty;
  });
}

/** Puts keys, one commit after the other, and returns the revisions. */
async function putEach(store: Store, keys: readonly string[]): Promise<readonly number[]> {
  const revisions: number[] = [];
  for (const key of keys) {
    revisions.push((await store.commit([], [{ put: key, value: '' }])).revision);
  }
  return revisions;
}

function watchFrom(store: Store, fromRevision: number): AsyncIterable<readonly Change[]> {
  return store.watch({ prefix: '', fromRevision, signal: new AbortController().signal });
}

async function next(watch: AsyncIterable<readonly Change[]>): Promise<readonly Change[]> {
  for await (const changes of watch) {
    return changes;
  }
  return [];
}

async function told(watching: Watching, wanted: readonly string[]): Promise<void> {
  await eventually(() => {
    expect(watching.told).to.deep.equal(wanted);
  });
}
