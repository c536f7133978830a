import { isRpcError } from '@patchbay/objects';
import { expect } from 'chai';
import fc from 'fast-check';

import { type Selectable, selectHosts } from '../../src/hosts/select.js';
import { maxSelectorLength, parseSelector } from '../../src/hosts/selector.js';

const hosts = [
  { name: 'web-1', groups: ['linux', 'front'], labels: { role: 'web', rack: '2' } },
  { name: 'web-2', groups: ['linux'], labels: { role: 'web', gpu: 'a100', note: 'a, b (c)' } },
  { name: 'db-1', groups: ['linux'], labels: { role: 'db' } },
  { name: 'mac', groups: ['darwin'], labels: {} },
] as const satisfies readonly Selectable[];

function namesOf(selector: string, all: readonly Selectable[] = hosts): string[] {
  return selectHosts(selector, all).map(({ name }) => name);
}

function errorOf(selector: string): { reason?: string; details: Record<string, unknown>; message: string } {
  try {
    namesOf(selector);
  } catch (error) {
    if (isRpcError(error)) {
      return error;
    }
    throw error;
  }
  throw new Error(`${selector} is no error`);
}

describe('A selector', () => {
  for (const [selector, names] of [
    ['web-1', ['web-1']],
    ['web-1,mac', ['web-1', 'mac']],
    ['web-*', ['web-1', 'web-2']],
    ['web-?,db-1', ['web-1', 'web-2', 'db-1']],
    ['*', ['web-1', 'web-2', 'db-1', 'mac']],
    ['*,!web-*', ['db-1', 'mac']],
    ['*, !db-1', ['web-1', 'web-2', 'mac']],
    ['name in (web-1, "mac")', ['web-1', 'mac']],
    ['name!=mac,group notin (front)', ['web-2', 'db-1']],
    ['group=linux', ['web-1', 'web-2', 'db-1']],
    ['group=linux,role!=db', ['web-1', 'web-2']],
    ['group=linux,role in (web,api),!gpu', ['web-1']],
    ['group in (front,darwin)', ['web-1', 'mac']],
    ['gpu', ['web-2']],
    ['!gpu', ['web-1', 'db-1', 'mac']],
    ['!none', ['web-1', 'web-2', 'db-1', 'mac']],
    ['role', ['web-1', 'web-2', 'db-1']],
    ['role == web , rack = 2', ['web-1']],
    ['role notin (web)', ['db-1', 'mac']],
    ['note="a, b (c)"', ['web-2']],
    ['web-*,role=web,rack=2', ['web-1']],
  ] as const) {
    it(`${selector} means ${names.join(', ')}`, () => {
      expect(namesOf(selector)).to.deep.equal(names);
    });
  }

  for (const [selector, reason, details] of [
    ['', 'SELECTOR_INVALID', { path: 'on', position: 1 }],
    ['role=', 'SELECTOR_INVALID', { path: 'on', position: 6 }],
    ['role=web,', 'SELECTOR_INVALID', { path: 'on', position: 10 }],
    ['role in web', 'SELECTOR_INVALID', { path: 'on', position: 9 }],
    ['role in (web', 'SELECTOR_INVALID', { path: 'on', position: 13 }],
    ['role in (web,)', 'SELECTOR_INVALID', { path: 'on', position: 14 }],
    ['role of (web)', 'SELECTOR_INVALID', { path: 'on', position: 6 }],
    ['web-1 web-2', 'SELECTOR_INVALID', { path: 'on', position: 7 }],
    ['role="a\\x"', 'SELECTOR_INVALID', { path: 'on', position: 6 }],
    ['!!gpu', 'SELECTOR_INVALID', { path: 'on', position: 2 }],
    ['gpu)', 'SELECTOR_INVALID', { path: 'on', position: 4 }],
    ['web-3', 'HOST_UNKNOWN', { path: 'on', position: 1, host: 'web-3' }],
    ['group=linux,name in (web-1,web-3)', 'HOST_UNKNOWN', { path: 'on', position: 13, host: 'web-3' }],
    ['name!=web-3', 'HOST_UNKNOWN', { path: 'on', position: 1, host: 'web-3' }],
    ['group=windows', 'SELECTOR_EMPTY', { path: 'on' }],
    ['role=web,role=db', 'SELECTOR_EMPTY', { path: 'on' }],
    ['constructor=x', 'SELECTOR_EMPTY', { path: 'on' }],
    ['web-1,role=db', 'SELECTOR_EMPTY', { path: 'on' }],
  ] as const) {
    it(`${selector} is refused with ${reason}`, () => {
      const error = errorOf(selector);
      expect(error).to.include({ reason });
      expect(error.details).to.deep.equal(details);
    });
  }

  it('names the nearest host for one that is mistyped', () => {
    expect(errorOf('wbe-1').message).to.contain('did you mean "web-1"?');
  });

  it('is bounded, in length and in terms', () => {
    expect(errorOf('a'.repeat(maxSelectorLength + 1))).to.include({ reason: 'SELECTOR_INVALID' });
    expect(errorOf(Array(65).fill('gpu').join(','))).to.include({ reason: 'SELECTOR_INVALID' });
    expect(namesOf(Array(64).fill('gpu').join(','))).to.deep.equal(['web-2']);
  });

  it('is read, or refused with where it is wrong, whatever it is', () => {
    const pieces = fc.constantFrom(
      'web-1',
      'gpu',
      '=',
      '!=',
      '!',
      ',',
      ' in ',
      ' notin ',
      '(',
      ')',
      '"',
      '\\',
      '*',
      ' ',
    );
    const texts = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(pieces, { maxLength: 20 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          namesOf(text);
        } catch (error) {
          if (!isRpcError(error)) {
            throw error;
          }
          expect(error.details).to.include({ path: 'on' });
          if (error.reason === 'SELECTOR_INVALID') {
            expect(error.details.position).to.be.within(1, text.length + 1);
          }
        }
      }),
    );
  });

  it('means what its terms mean, however they are spaced and quoted', () => {
    const value = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/\p{Cc}/u.test(text));
    const spaces = fc.constantFrom('', ' ', '  ');
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        spaces,
        (values, isNegated, gap) => {
          const list = values.map((each) => `${gap}${JSON.stringify(each)}${gap}`).join(',');
          const [term] = parseSelector(`${gap}role ${isNegated ? 'notin' : 'in'}${gap}(${list})${gap}`);
          expect(term).to.deep.include({ type: 'values', key: 'role', values, isNegated });
        },
      ),
    );
  });

  it('chooses among 5,000 hosts at once', () => {
    const many = Array.from({ length: 5_000 }, (_, n) => ({
      name: `host-${String(n)}`,
      groups: ['linux'],
      labels: { role: n % 2 === 0 ? 'web' : 'db' },
    }));
    const began = performance.now();
    expect(namesOf(`group=linux,role!=db,*-1*`, many).length).to.be.above(500);
    expect(performance.now() - began).to.be.below(400);
  });
});
