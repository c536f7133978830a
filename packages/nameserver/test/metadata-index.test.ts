import type { ListOptions, Metadata } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';
import fc from 'fast-check';

import { OpenedRegistry } from './opened-registry.js';

async function listed({ registry }: OpenedRegistry, options: ListOptions): Promise<string> {
  const names: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await registry.list({ ...options, after });
    names.push(...page.names.map(({ name }) => name));
    if (page.next === undefined) {
      return names.join(' ');
    }
    after = page.next;
  }
}

async function registerOne(opened: OpenedRegistry, name: string, metadata: Metadata): Promise<string> {
  const { leaseId } = await opened.registry.register('s1', 'a:1', [{ name, metadata }]);
  return leaseId;
}

describe('the index of metadata', () => {
  let opened: OpenedRegistry;

  beforeEach(async () => {
    opened = await OpenedRegistry.open();
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('follows what is set and removed', async () => {
    await registerOne(opened, 'a', { rack: '7', ssd: '' });
    await opened.registry.setMetadata('a', { rack: '8', ssd: null, note: 'new' });
    expect(await listed(opened, { anyMeta: ['rack=7', 'ssd'] })).to.equal('');
    expect(await listed(opened, { meta: ['rack=8', 'rack', 'note'] })).to.equal('a');
  });

  it('follows a server that comes back with other metadata', async () => {
    await registerOne(opened, 'a', { rack: '7' });
    await registerOne(opened, 'a', { rack: '8' });
    expect(await listed(opened, { meta: ['rack=7'] })).to.equal('');
    expect(await listed(opened, { meta: ['rack=8'] })).to.equal('a');
  });

  it('follows a name that is taken by another server on purpose', async () => {
    await registerOne(opened, 'a', { rack: '7' });
    await opened.registry.register('s2', 'b:1', [
      { name: 'a', metadata: { rack: '8' }, shared: true, replace: true },
    ]);
    expect(await listed(opened, { meta: ['rack=7'] })).to.equal('');
    expect(await listed(opened, { meta: ['rack=8'] })).to.equal('a');
  });

  for (const [how, leave] of [
    ['is removed', ({ registry }) => registry.remove('a')],
    ['is unregistered', ({ registry }, leaseId) => registry.unregister(leaseId)],
    [
      'outlives its lease',
      async ({ clock }) => {
        await clock.advance(20_000);
      },
    ],
  ] as [string, (opened: OpenedRegistry, leaseId: string) => Promise<unknown>][]) {
    it(`has nothing any more of a name that ${how}`, async () => {
      const leaseId = await registerOne(opened, 'a', { rack: '7', ssd: '' });
      await leave(opened, leaseId);
      expect(await listed(opened, { meta: ['rack=7'] })).to.equal('');
      expect((await opened.registry.info()).leases).to.equal(0);
    });
  }

  it('finds a shared name once, by what its servers say together', async () => {
    const claim = (metadata: Metadata) => [{ name: 'post', shared: true, metadata }];
    await opened.registry.register('s1', 'a:1', claim({ rack: '7', zone: 'x' }));
    await opened.clock.advance(1000);
    await opened.registry.register('s2', 'b:1', claim({ rack: '8', zone: 'x' }));
    expect(await listed(opened, { meta: ['zone=x'] })).to.equal('post');
    expect(await listed(opened, { meta: ['rack=8'] })).to.equal('post');
    // The later server's word stands; the first one's is not what the record says.
    expect(await listed(opened, { meta: ['rack=7'] })).to.equal('');
    expect(await listed(opened, { anyMeta: ['rack=7', 'zone'], limit: 1 })).to.equal('post');
  });

  it('keeps a word with "=" in it apart from a word with a value', async () => {
    await registerOne(opened, 'a', { 'x=y': 'z' });
    await registerOne(opened, 'b', { x: 'y' });
    expect(await listed(opened, { meta: ['x=y'] })).to.equal('b');
  });

  it('is built anew when the name server comes back', async () => {
    for (let index = 0; index < 3; index += 1) {
      await registerOne(opened, `n${String(index)}`, { rack: String(index % 2) });
    }
    await opened.restart();
    expect(await listed(opened, { meta: ['rack=0'] })).to.equal('n0 n2');
    expect((await opened.registry.info()).leases).to.equal(3);
    await opened.clock.advance(20_000);
    expect(await listed(opened, { meta: ['rack=0'] })).to.equal('');
  });

  it('takes the place of the one in a registry that an earlier version wrote', async () => {
    const leaseId = await registerOne(opened, 'a', { rack: '7' });
    const keys = Array.from({ length: 250 }, (_, index) => `meta/${String(index)}/a`);
    for (const key of keys) {
      await opened.store.commit([], [{ put: key, value: '', leaseId }]);
    }
    await opened.store.commit([], [{ put: 'layout', value: '2' }]);
    await opened.restart();
    expect(await opened.store.count('meta/')).to.equal(0);
    expect((await opened.store.get('layout'))?.value).to.equal('1');
    expect(await listed(opened, { meta: ['rack=7'] })).to.equal('a');
  });

  it('is not guessed at in a registry that a later version wrote', async () => {
    await opened.store.commit([], [{ put: 'layout', value: '3' }]);
    const error = await refusal(opened.restart(), 'STORE_VERSION_NEWER');
    expect(error.message).to.include('layout 3');
  });

  it('follows the store although its history is forgotten', async () => {
    await using brief = await OpenedRegistry.open(0);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        registerOne(brief, `n${String(index).padStart(2, '0')}`, { rack: '7' }),
      ),
    );
    expect((await listed(brief, { meta: ['rack=7'] })).split(' ')).to.have.lengthOf(20);
  });

  it('finds what a look at every name finds, in pages of any length', async () => {
    const word = fc.constantFrom('a', 'b', 'c');
    const value = fc.constantFrom('', '1', '2');
    const names = fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[xy]([./-]?[0-3]){0,3}$/),
        metadata: fc.dictionary(word, value, { maxKeys: 3 }),
      }),
      { selector: ({ name }) => name, maxLength: 30 },
    );
    const condition = fc.oneof(
      word,
      fc.tuple(word, value).map((pair) => pair.join('=')),
    );
    const query = fc.record({
      prefix: fc.constantFrom('', 'x', 'x.', 'y/1'),
      meta: fc.array(condition, { maxLength: 2 }),
      anyMeta: fc.array(condition, { maxLength: 3 }),
      limit: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(names, fc.array(query, { minLength: 5, maxLength: 5 }), async (all, queries) => {
        const { leaseId } = await opened.registry.register('s1', 'a:1', all);
        for (const { prefix, meta, anyMeta, limit } of queries) {
          const wanted = all.filter(
            ({ name, metadata }) =>
              name.startsWith(prefix) &&
              meta.every((text) => meets(text, metadata)) &&
              (anyMeta.length === 0 || anyMeta.some((text) => meets(text, metadata))),
          );
          const expected = wanted.map(({ name }) => name).sort();
          expect(await listed(opened, { prefix, meta, anyMeta, limit })).to.equal(expected.join(' '));
        }
        await opened.registry.unregister(leaseId);
      }),
      { numRuns: 100 },
    );
  });
}).timeout(60_000);

describe('a search by metadata among many names', () => {
  it('takes the cheapest index, merges those of any, and turns pages', async () => {
    await using opened = await OpenedRegistry.open();
    const all = Array.from({ length: 1200 }, (_, index) => ({
      name: `n${String(index).padStart(4, '0')}`,
      metadata: { half: String(index % 2), third: String(index % 3), rare: String(index % 300) },
    }));
    await opened.registerMany('s1', all);
    const names = (wanted: (index: number) => boolean): string =>
      all.flatMap(({ name }, index) => (wanted(index) ? [name] : [])).join(' ');
    expect(await listed(opened, { meta: ['half=1', 'third=1'] })).to.equal(names((i) => i % 6 === 1));
    expect(await listed(opened, { meta: ['half', 'rare=7'] })).to.equal(names((i) => i % 300 === 7));
    expect(await listed(opened, { anyMeta: ['half=1', 'third=0', 'rare=2'], limit: 7 })).to.equal(
      names((i) => i % 2 === 1 || i % 3 === 0 || i % 300 === 2),
    );
    expect(await listed(opened, { meta: ['half'], anyMeta: ['rare=5', 'rare=1'] })).to.equal(
      names((i) => i % 300 === 5 || i % 300 === 1),
    );
  });
}).timeout(60_000);

function meets(condition: string, metadata: Metadata): boolean {
  const [word = '', value] = condition.split('=');
  return Object.hasOwn(metadata, word) && (value === undefined || metadata[word] === value);
}
