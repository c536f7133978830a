import { expect } from 'chai';
import fc from 'fast-check';

import { matchesGlob } from '../../src/views/glob.js';

describe('matchesGlob', () => {
  const cases: readonly (readonly [text: string, pattern: string, matches: boolean])[] = [
    ['ubuntu', 'ubuntu', true],
    ['ubuntu', 'ubunt', false],
    ['ubuntu', 'ubuntu2', false],
    ['ubuntu', '*', true],
    ['', '*', true],
    ['', '?', false],
    ['ubuntu', 'u*u', true],
    ['ubuntu', '*b*t*', true],
    ['ubuntu', 'u?untu', true],
    ['ubuntu', 'u*x', false],
    ['a.b', 'a.b', true],
    ['axb', 'a.b', false],
  ];
  for (const [text, pattern, matches] of cases) {
    it(`says that "${text}" is ${matches ? '' : 'not '}like "${pattern}"`, () => {
      expect(matchesGlob(text, pattern)).to.equal(matches);
    });
  }

  it('agrees with the regular expression that means the same', () => {
    const letters = (...from: string[]): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...from), maxLength: 8 });
    fc.assert(
      fc.property(letters('a', 'b'), letters('a', 'b', '*', '?'), (text, pattern) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesGlob(text, pattern)).to.equal(regex.test(text));
      }),
    );
  });

  it('is quick also with a pattern of many stars', () => {
    expect(matchesGlob('a'.repeat(10_000), `${'a*'.repeat(50)}b`)).to.equal(false);
  });
});
