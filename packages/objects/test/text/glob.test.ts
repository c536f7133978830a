import { expect } from 'chai';
import fc from 'fast-check';

import { compileGlob } from '@patchbay/objects';

/** The reference: follows the definition by backtracking, too slow for long texts. */
function matchesNaively(glob: string, text: string): boolean {
  if (glob === '') {
    return text === '';
  }
  if (glob.startsWith('*')) {
    const stars = /^\*+/.exec(glob)?.[0] ?? '';
    const rest = glob.slice(stars.length);
    return (
      matchesNaively(rest, text) ||
      (text !== '' && (stars.length > 1 || !text.startsWith('/')) && matchesNaively(glob, text.slice(1)))
    );
  }
  const fits = glob.startsWith('?')
    ? text !== '' && !text.startsWith('/')
    : text.startsWith(glob.slice(0, 1));
  return fits && matchesNaively(glob.slice(1), text.slice(1));
}

describe('glob', () => {
  const rows: [glob: string, matches: string[], others: string[]][] = [
    ['rack1*', ['rack1', 'rack1.node7', 'rack12'], ['rack1/v2', 'rack2', 'arack1']],
    ['rack?.node7', ['rack1.node7', 'rack..node7'], ['rack.node7', 'rack/.node7']],
    ['*/v2', ['storage/v2', 'a.b/v2', '/v2'], ['storage', 'a/b/v2']],
    ['**/v2', ['storage/v2', 'a/b/v2'], ['storage/v2/x']],
    ['a**', ['a', 'a/b.c/d'], ['b']],
    ['a***z', ['az', 'a/b/z'], ['a']],
    ['*', ['', 'storage', 'a.b'], ['a/b']],
    ['', [''], ['a']],
    ['a.b[c]', ['a.b[c]'], ['axb[c]', 'a.bc']],
    ['?', ['\u{1f4be}'], ['', 'ab', '/']],
  ];
  for (const [glob, matches, others] of rows) {
    it(`"${glob}" matches ${matches.join(', ')}, and not ${others.join(', ')}`, () => {
      const compiled = compileGlob(glob);
      expect(matches.filter((text) => !compiled.matches(text))).to.deep.equal([]);
      expect(others.filter((text) => compiled.matches(text))).to.deep.equal([]);
    });
  }

  it('returns the common prefix of matching texts', () => {
    expect(compileGlob('rack1.n*.x').prefix).to.equal('rack1.n');
    expect(compileGlob('rack1').prefix).to.equal('rack1');
    expect(compileGlob('?ack').prefix).to.equal('');
  });

  it('matches like the reference', () => {
    const globs = fc.array(fc.constantFrom('a', 'b', '/', '.', '*', '?', '**'), { maxLength: 8 });
    const texts = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 8 });
    fc.assert(
      fc.property(globs, texts, (globParts, textParts) => {
        const [glob, text] = [globParts.join(''), textParts.join('')];
        return compileGlob(glob).matches(text) === matchesNaively(glob, text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('matches itself where it has no wildcards', () => {
    const plain = fc.string().filter((text) => !/[*?]/.test(text));
    fc.assert(fc.property(plain, (text) => compileGlob(text).matches(text)));
  });

  it('takes no exponential time for globs with many stars', () => {
    const beganMs = performance.now();
    expect(compileGlob('*a'.repeat(100) + 'b').matches('a'.repeat(1_000))).to.be.false;
    expect(compileGlob('**a*'.repeat(50) + 'b').matches('a'.repeat(1_000))).to.be.false;
    expect(performance.now() - beganMs).to.be.below(2_000);
  });
});
