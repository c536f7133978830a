import { systemClock } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import { type Change, type Entry, openMirror, openSqliteStore, type Store } from '@patchbay/store';
import { expect } from 'chai';

import { describeStore } from '../conformance.js';
import { Scratch } from '../sqlite/scratch.js';
import { sqliteUnderTest } from '../sqlite/sqlite-under-test.js';

describeStore(
  'the mirror of a store',
  sqliteUnderTest((store) => openMirror(store)),
);

describe('a mirror', () => {
  let scratch: Scratch;
  let beneath: Store;

  beforeEach(async () => {
    scratch = await Scratch.make();
    beneath = await openSqliteStore({
      directory: scratch.directory,
      clock: systemClock,
      historyRevisions: 5,
    });
  });
  afterEach(async () => {
    await beneath[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  it('has what the store had before, in pages of any number', async () => {
    const keys = Array.from({ length: 2100 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    await putAll(beneath, keys);
    const mirror = await openMirror(beneath);
    expect((await mirror.range({ prefix: '' })).entries).to.deep.equal(
      (await beneath.range({ prefix: '' })).entries,
    );
    expect(await mirror.count('k1')).to.equal(1000);
    expect(await mirror.revision()).to.equal(await beneath.revision());
  });

  it('has what is written while it is filled', async () => {
    await putAll(
      beneath,
      Array.from({ length: 3000 }, (_, index) => `k${String(index)}`),
    );
    // A page that is read late is older than what the watch tells.
    const slow = instead(beneath, {
      range: async (range) => {
        const page = await beneath.range(range);
        await beneath.commit([], [{ put: 'k1', value: 'new' }, { put: 'z', value: '' }, { delete: 'k2' }]);
        return page;
      },
    });
    const mirror = await openMirror(slow);
    expect((await mirror.range({ prefix: '' })).entries).to.deep.equal(
      (await beneath.range({ prefix: '' })).entries,
    );
  });

  it('follows what others write to the store', async () => {
    const mirror = await openMirror(beneath);
    const { revision } = await beneath.commit([], [{ put: 'a', value: '1' }]);
    const [changes] = await firstOf(mirror, revision - 1);
    expect(changes?.[0]?.entry).to.deep.equal(await mirror.get('a'));
  });

  it('shows its observer what a key had and has, before a reader sees it', async () => {
    await beneath.commit([], [{ put: 'a', value: '1' }]);
    const seen: (string | undefined)[][] = [];
    const observe = (...entries: readonly (Entry | undefined)[]): void => {
      seen.push(entries.map((entry) => entry?.value));
    };
    const mirror = await openMirror(beneath, { observe });
    await mirror.commit([], [{ put: 'a', value: '2' }]);
    await mirror.commit([], [{ delete: 'a' }]);
    expect(seen).to.deep.equal([
      [undefined, '1'],
      ['1', '2'],
      ['2', undefined],
    ]);
  });

  it('reads everything anew when the store has forgotten what it missed, and hides no gap', async () => {
    let follows = (): void => undefined;
    const missed = new Promise<void>((resolve) => (follows = resolve));
    let watches = 0;
    const mirror = await openMirror(
      instead(beneath, {
        async *watch(options) {
          await (watches++ === 0 ? missed : undefined);
          yield* beneath.watch(options);
        },
      }),
    );
    const from = await mirror.revision();
    const gap = firstOf(mirror, from);
    await putAll(beneath, ['gone', 'stays']);
    await beneath.commit([], [{ delete: 'gone' }]);
    for (let value = 0; value < 20; value += 1) {
      await beneath.commit([], [{ put: 'a', value: String(value) }]);
    }
    follows();
    await refusal(gap, 'REVISION_COMPACTED');
    expect((await mirror.range({ prefix: '' })).entries).to.deep.equal(
      (await beneath.range({ prefix: '' })).entries,
    );
  });

  it('serves nothing any more once it cannot follow the store', async () => {
    const failure = new Error('torn');
    const mirror = await openMirror(
      instead(beneath, {
        // eslint-disable-next-line require-yield -- it fails first
        async *watch() {
          await Promise.resolve();
          throw failure;
        },
      }),
    );
    const outcome = await mirror.get('a').catch((error: unknown) => error);
    expect(outcome).to.equal(failure);
  });

  it('ends with the store', async () => {
    const mirror = await openMirror(beneath);
    const end = firstOf(mirror, await mirror.revision());
    await beneath[Symbol.asyncDispose]();
    expect(await end).to.be.empty;
    await refusal(mirror.get('a'), 'STORE_CLOSED');
  });
});

/** Returns a store with some of its methods replaced. */
function instead(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function putAll(store: Store, keys: readonly string[]): Promise<void> {
  await store.commit(
    [],
    keys.map((key) => ({ put: key, value: key })),
  );
}

/** Returns the first commit after a revision; none where the watch ends. */
async function firstOf(store: Store, fromRevision: number): Promise<readonly (readonly Change[])[]> {
  for await (const changes of store.watch({
    prefix: '',
    fromRevision,
    signal: new AbortController().signal,
  })) {
    return [changes];
  }
  return [];
}
