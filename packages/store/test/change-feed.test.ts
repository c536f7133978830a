import { expect } from 'chai';

import { ChangeFeed } from '../src/change-feed.js';
import type { Change } from '../src/store.js';

describe('the change feed', () => {
  it('forgets a watcher when its signal aborts', async () => {
    const feed = feedOf();
    const stop = new AbortController();
    const next = feed.watch('', 0, stop.signal).next();
    expect(feed.waiting).to.equal(1);
    stop.abort();
    expect((await next).done).to.be.true;
    expect(feed.waiting).to.equal(0);
  });

  it('forgets a watcher that leaves its loop', async () => {
    const feed = feedOf(change('a', 1));
    for await (const changes of feed.watch('', 0, new AbortController().signal)) {
      expect(changes).to.have.lengthOf(1);
      break;
    }
    expect(feed.waiting).to.equal(0);
  });

  it('wakes only those whose prefix has changed', async () => {
    const feed = feedOf();
    const stop = new AbortController();
    const ends = ['a', 'b'].map((prefix) => feed.watch(prefix, 0, stop.signal).next());
    feed.publish(1, [[change('a/1', 1)]]);
    expect(feed.waiting).to.equal(1);
    stop.abort();
    await Promise.all(ends);
  });

  it('hands a commit to who waits without reading the history', async () => {
    let reads = 0;
    const feed = new ChangeFeed((fromRevision) => {
      reads += 1;
      return { commits: [], reachedRevision: fromRevision };
    });
    const stop = new AbortController();
    const watch = feed.watch('a', 0, stop.signal);
    for (const revision of [1, 2, 3]) {
      const next = watch.next();
      feed.publish(revision, [[change('a', revision), change('b', revision)]]);
      expect((await next).value).to.deep.equal([change('a', revision)]);
    }
    expect(reads).to.equal(1);
    stop.abort();
  });

  it('reads what was committed between two waits', async () => {
    const feed = feedOf(change('a', 1), change('a', 2));
    const stop = new AbortController();
    const watch = feed.watch('', 0, stop.signal);
    feed.publish(1, [[change('a', 1)]]);
    await watch.next();
    feed.publish(2, [[change('a', 2)]]);
    expect((await watch.next()).value).to.deep.equal([change('a', 2)]);
    stop.abort();
  });

  it('keeps nothing for a watcher that does not read', () => {
    const feed = feedOf();
    feed.watch('', 0, new AbortController().signal);
    feed.publish(1, [[change('a', 1)]]);
    expect(feed.waiting).to.equal(0);
  });

  it('returns the revision from which on there is no history', async () => {
    const feed = new ChangeFeed(() => undefined);
    const stop = new AbortController();
    expect(await feed.watch('', 7, stop.signal).next()).to.deep.equal({ done: true, value: 7 });
  });

  it('does not let a watcher that waits skip commits that are not to be had', async () => {
    let isKept = true;
    const feed = new ChangeFeed((reachedRevision) => (isKept ? { commits: [], reachedRevision } : undefined));
    const next = feed.watch('', 7, new AbortController().signal).next();
    isKept = false;
    feed.skipTo(9);
    expect(await next).to.deep.equal({ done: true, value: 7 });
  });
});

/** Makes a feed whose history is these commits of one change each. */
function feedOf(...history: readonly Change[]): ChangeFeed {
  return new ChangeFeed((fromRevision) => ({
    commits: history.filter(({ revision }) => revision > fromRevision).map((each) => [each]),
    reachedRevision: history.at(-1)?.revision ?? fromRevision,
  }));
}

function change(key: string, revision: number): Change {
  const entry = { key, value: '', createRevision: revision, modRevision: revision, leaseId: undefined };
  return { type: 'put', entry, revision };
}
