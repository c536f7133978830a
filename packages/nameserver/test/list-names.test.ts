import { expect } from 'chai';
import fc from 'fast-check';

import type { ListOptions } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { claims, OpenedRegistry } from './opened-registry.js';

const names = [
  'hello',
  'storage',
  'storage.a',
  'storage.a.b',
  'storage/v1',
  'storage/v2',
  'storages',
  'x-1',
  'x_1',
];

async function listed(opened: OpenedRegistry, options: ListOptions): Promise<readonly string[]> {
  return (await opened.registry.list(options)).names.map(({ name }) => name);
}

describe('listing by pattern', () => {
  let opened: OpenedRegistry;

  before(async () => {
    opened = await OpenedRegistry.open();
    await opened.register('s1', ...names);
  });
  after(() => opened[Symbol.asyncDispose]());

  for (const [glob, wanted] of [
    ['storage', ['storage']],
    ['*', names.filter((name) => !name.includes('/'))],
    ['**', names],
    ['storage.*', ['storage.a', 'storage.a.b']],
    ['storage.**', ['storage.a', 'storage.a.b']],
    ['storage?', ['storages']],
    ['storage?*', ['storage.a', 'storage.a.b', 'storages']],
    ['storage**', names.filter((name) => name.startsWith('storage'))],
    ['storage/v?', ['storage/v1', 'storage/v2']],
    ['*/v2', ['storage/v2']],
    ['**b', ['storage.a.b']],
    ['x.1', []],
    ['x?1', ['x-1', 'x_1']],
    ['STORAGE', []],
    ['*.*', ['storage.a', 'storage.a.b']],
    ['stor*', ['storage', 'storage.a', 'storage.a.b', 'storages']],
  ] as const) {
    it(`takes the glob ${glob} for ${wanted.length === 0 ? 'nothing' : wanted.join(', ')}`, async () => {
      expect(await listed(opened, { glob })).to.deep.equal(wanted);
    });
  }

  for (const [regex, wanted] of [
    ['storage', ['storage']],
    ['stor', []],
    ['stor.*', names.filter((name) => name.startsWith('stor'))],
    ['(?i)STORAGE', ['storage']],
    ['x[-_]1|hello', ['hello', 'x-1', 'x_1']],
    ['^hello$', ['hello']],
    ['[^./]+', ['hello', 'storage', 'storages', 'x-1', 'x_1']],
    ['', 'PATTERN_INVALID'],
    ['(', 'PATTERN_INVALID'],
    ['(?=a)', 'PATTERN_INVALID'],
    ['(a)\\1', 'PATTERN_INVALID'],
    ['((a{100}){100}){100}', 'PATTERN_INVALID'],
    ['a'.repeat(513), 'PATTERN_INVALID'],
  ] as const) {
    it(`takes the regular expression ${regex.slice(0, 30)} for ${wanted === 'PATTERN_INVALID' ? wanted : wanted.join(', ')}`, async () => {
      if (wanted === 'PATTERN_INVALID') {
        await refusal(listed(opened, { regex }), wanted);
      } else {
        expect(await listed(opened, { regex })).to.deep.equal(wanted);
      }
    });
  }

  for (const glob of ['', '[ab]', '{a,b}', 'a b', 'a\\*', 'ä', 'a'.repeat(513)]) {
    it(`refuses the glob ${JSON.stringify(glob.slice(0, 10))}, which no name is like`, async () => {
      await refusal(listed(opened, { glob }), 'PATTERN_INVALID');
    });
  }

  it('tells what is wrong with a regular expression', async () => {
    const error = await refusal(listed(opened, { regex: '(?<=a)b' }), 'PATTERN_INVALID');
    expect(error.code).to.equal('INVALID_ARGUMENT');
    expect(error.message).to.match(/^regular expression "\(\?<=a\)b": .*without look-around/);
  });

  it('lists what all of the options allow', async () => {
    expect(await listed(opened, { prefix: 'storage', glob: '*', regex: '.*s' })).to.deep.equal(['storages']);
    expect(await listed(opened, { prefix: 'storage.', glob: 'stor**' })).to.have.length(2);
    expect(await listed(opened, { prefix: 'hello', glob: 'storage*' })).to.be.empty;
  });

  it('answers within milliseconds to a regular expression that hangs others', async () => {
    await using other = await OpenedRegistry.open();
    await other.register('s1', 'x'.repeat(128));
    const began = performance.now();
    expect(await listed(other, { regex: '(x+x+)+y' })).to.be.empty;
    expect(performance.now() - began).to.be.below(500);
  });

  it('takes any text for a pattern or refuses it as one', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(...Array.from('ax.*+?()[]{}|\\^$1,-:P<>/=')), maxLength: 40 }),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('glob', 'regex', 'meta', 'anyMeta'), async (pattern, kind) => {
        const value = kind === 'glob' || kind === 'regex' ? pattern : [pattern];
        try {
          expect(names).to.include.members([...(await listed(opened, { [kind]: value }))]);
        } catch (error) {
          expect(error).to.have.property('reason', 'PATTERN_INVALID');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('finds by a glob what a naive comparison finds', async () => {
    const sign = fc.constantFrom('s', 't', 'o', '.', '/', '*', '?', 'a', '**', 'storage');
    const glob = fc.array(sign, { minLength: 1, maxLength: 8 }).map((signs) => signs.join(''));
    await fc.assert(
      fc.asyncProperty(glob, async (pattern) => {
        expect(await listed(opened, { glob: pattern })).to.deep.equal(
          names.filter((name) => isLike(name, pattern)),
        );
      }),
      { numRuns: 300 },
    );
  });
}).timeout(60_000);

describe('listing by metadata', () => {
  let opened: OpenedRegistry;

  before(async () => {
    opened = await OpenedRegistry.open();
    await opened.registry.register('s1', 'a:1', [
      { name: 'a', metadata: { rack: '7', ssd: '' } },
      { name: 'b', metadata: { rack: '8', ssd: '', note: 'x=y' } },
      { name: 'c', metadata: { rack: '7' } },
      { name: 'd' },
    ]);
  });
  after(() => opened[Symbol.asyncDispose]());

  for (const [options, wanted] of [
    [{ meta: ['rack=7'] }, 'ac'],
    [{ meta: ['rack'] }, 'abc'],
    [{ meta: ['rack=7', 'ssd'] }, 'a'],
    [{ anyMeta: ['rack=8', 'ssd'] }, 'ab'],
    [{ anyMeta: ['rack=8', 'rack=7'] }, 'abc'],
    [{ meta: ['ssd'], anyMeta: ['rack=8', 'note'] }, 'b'],
    [{ meta: ['note=x=y'] }, 'b'],
    [{ meta: ['ssd='] }, 'ab'],
    [{ meta: ['rack='] }, ''],
    [{ meta: ['toString'] }, ''],
    [{ meta: [], anyMeta: [] }, 'abcd'],
  ] as const) {
    it(`finds ${wanted === '' ? 'nothing' : wanted} by ${JSON.stringify(options)}`, async () => {
      const { meta, anyMeta } = { meta: undefined, anyMeta: undefined, ...options };
      const found = await listed(opened, { meta: meta && [...meta], anyMeta: anyMeta && [...anyMeta] });
      expect(found.join('')).to.equal(wanted);
    });
  }

  for (const meta of [[''], ['=7'], Array.from({ length: 65 }, () => 'a')]) {
    it(`refuses ${String(meta.length)} conditions such as ${JSON.stringify(meta[0])}`, async () => {
      await refusal(opened.registry.list({ meta }), 'PATTERN_INVALID');
      await refusal(opened.registry.list({ anyMeta: meta }), 'PATTERN_INVALID');
    });
  }
}).timeout(60_000);

describe('a search through many names', () => {
  const all = Array.from({ length: 1200 }, (_, i) => `n${String(i).padStart(4, '0')}`);
  let opened: OpenedRegistry;

  before(async () => {
    opened = await OpenedRegistry.open();
    await opened.registerMany('s1', claims(...all));
  });
  after(() => opened[Symbol.asyncDispose]());

  for (const limit of [1, 7, 8, 1000]) {
    it(`gives all that match once, in pages of ${String(limit)}, none of them empty`, async () => {
      const wanted = all.filter((name) => /7.?3$/.test(name)).slice(0, 8);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await opened.registry.list({ regex: '.*7.?3', glob: 'n*', after, limit });
        expect(page.names).to.have.length.within(1, limit);
        seen.push(...page.names.map(({ name }) => name));
        after = page.next;
      } while (after !== undefined && seen.length < wanted.length);
      expect(seen.slice(0, wanted.length)).to.deep.equal(wanted);
    });
  }

  it('ends when nobody waits for it any more', async () => {
    const stop = new AbortController();
    const search = opened.registry.list({ regex: 'none' }, stop.signal);
    stop.abort(new Error('the caller left'));
    let left: unknown;
    await search.catch((error: unknown) => {
      left = error;
    });
    expect(left).to.have.property('message', 'the caller left');
  });

  it('gives the revision at which it began, so that watching from there misses nothing', async () => {
    const before = (await opened.registry.info()).revision;
    const search = opened.registry.list({ regex: 'none' });
    await opened.register('s2', 'later');
    expect((await search).revision).to.equal(before);
  });
}).timeout(60_000);

/** Compares as the reference has it, character by character and with backtracking. */
function isLike(name: string, glob: string): boolean {
  if (glob === '') {
    return name === '';
  }
  if (glob.startsWith('*')) {
    const rest = glob.replace(/^\*+/, '');
    const across = glob.startsWith('**');
    for (let end = 0; end <= name.length; end += 1) {
      if (isLike(name.slice(end), rest)) {
        return true;
      }
      if (!across && name[end] === '/') {
        return false;
      }
    }
    return false;
  }
  const sign = name[0];
  const same = glob.startsWith('?') ? sign !== undefined && sign !== '/' : sign === glob[0];
  return same && isLike(name.slice(1), glob.slice(1));
}
