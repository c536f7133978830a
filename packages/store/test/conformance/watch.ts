import { expect } from 'chai';

import { eventually, refusal } from '@patchbay/objects/testing';
import { type Change, type Store } from '@patchbay/store';

import { type OpenStore } from '../store-under-test.js';
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
    for (const key of ['a', 'b', 'c']) {
      await opened.store.commit([], [{ put: key, value: '' }]);
    }
    await using watching = new Watching(opened.store, { prefix: '', fromRevision: 1 });
    await opened.store.commit([], [{ put: 'd', value: '' }]);
    await told(watching, ['put b=', 'put c=', 'put d=']);
    expect(watching.commits.map((changes) => changes[0]?.revision)).to.deep.equal([2, 3, 4]);
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
    await opened.store.commit([], [{ delete: 'a' }, { delete: 'absent' }]);
    await using watching = new Watching(opened.store, { prefix: '', fromRevision: 1 });
    await told(watching, ['delete a']);
    expect(watching.commits).to.deep.equal([[{ type: 'delete', entry, revision: 2 }]]);
  });

  it('tells of the keys of a lease that ended as one commit, once it is swept', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.store.commit(
      [],
      ['a', 'b'].map((key) => ({ put: key, value: '', leaseId })),
    );
    await using watching = new Watching(opened.store, { prefix: '' });
    await opened.advance(1000);
    await opened.store.sweep();
    await told(watching, ['delete a, delete b']);
  });

  it('tells that a key went before it tells that it came back', async () => {
    await using opened = await open();
    const { leaseId } = await opened.store.grantLease(1000);
    await opened.store.commit([], [{ put: 'a', value: 'old', leaseId }]);
    await using watching = new Watching(opened.store, { prefix: '' });
    await opened.advance(1000);
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
    const seen: string[] = [];
    const watch = opened.store.watch({ prefix: '', signal: signal.signal });
    for (let i = 0; i < 1000; i += 1) {
      void opened.store.commit([], [{ put: 'a', value: String(i) }]);
    }
    for await (const changes of watch) {
      seen.push(...changes.map(({ entry }) => entry.value));
      if (seen.length === 1000) {
        signal.abort();
      }
    }
    expect(seen).to.deep.equal(Array.from({ length: 1000 }, (_, i) => String(i)));
  });

  it('refuses a revision whose history has been compacted', async () => {
    await using opened = await open();
    for (const key of ['a', 'b', 'c']) {
      await opened.store.commit([], [{ put: key, value: '' }]);
    }
    await opened.store.compact(2);
    const error = await refusal(next(watchFrom(opened.store, 1)), 'REVISION_COMPACTED');
    expect(error.code).to.equal('OUT_OF_RANGE');
    expect((await next(watchFrom(opened.store, 2))).map(({ entry }) => entry.key)).to.deep.equal(['c']);
    expect(await opened.store.count('')).to.equal(3);
  });

  it('refuses a revision that the store has not reached', async () => {
    await using opened = await open();
    await refusal(next(watchFrom(opened.store, 1)), 'REVISION_COMPACTED');
  });

  it('tells a watcher that fell behind a compaction, and does not skip', async () => {
    await using opened = await open();
    await opened.store.commit([], [{ put: 'a', value: '' }]);
    const watch = watchFrom(opened.store, 0)[Symbol.asyncIterator]();
    await watch.next();
    for (const key of ['b', 'c']) {
      await opened.store.commit([], [{ put: key, value: '' }]);
    }
    await opened.store.compact(2);
    await refusal(watch.next(), 'REVISION_COMPACTED');
  });

  it('does not hold a compaction against a watcher that missed nothing', async () => {
    await using opened = await open();
    await using watching = new Watching(opened.store, { prefix: 'a' });
    for (let i = 0; i < 5; i += 1) {
      await opened.store.commit([], [{ put: 'b', value: '' }]);
    }
    await opened.store.compact(5);
    await opened.store.commit([], [{ put: 'a', value: '' }]);
    await told(watching, ['put a=']);
  });

  it('takes a compaction beyond the revision for one of everything there is', async () => {
    await using opened = await open();
    await opened.store.commit([], [{ put: 'a', value: '' }]);
    await opened.store.compact(1000);
    await using watching = new Watching(opened.store, { prefix: '' });
    await opened.store.commit([], [{ put: 'b', value: '' }]);
    await told(watching, ['put b=']);
  });

  it('ends when its signal aborts', async () => {
    await using opened = await open();
    const watching = new Watching(opened.store, { prefix: '' });
    await watching[Symbol.asyncDispose]();
    await watching.ended;
  });

  it('ends when its signal was aborted before', async () => {
    await using opened = await open();
    await opened.store.commit([], [{ put: 'a', value: '' }]);
    const watch = opened.store.watch({ prefix: '', fromRevision: 0, signal: AbortSignal.abort() });
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
