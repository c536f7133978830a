import { expect } from 'chai';
import fc from 'fast-check';

import { SecretMask } from '../../src/output/secret-mask.js';

/** Masks text that comes in pieces of these sizes, repeated. */
function mask(secrets: readonly string[], text: string, sizes: readonly number[] = [1e9]): string {
  const mask = new SecretMask(secrets);
  const bytes = Buffer.from(text);
  const shown: Buffer[] = [];
  for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
    const size = sizes[nth % sizes.length] ?? 1;
    shown.push(mask.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat([...shown, mask.end()]).toString();
}

describe('SecretMask', () => {
  for (const [secrets, text, shown] of [
    [['hunter2'], 'the password is hunter2, hunter2!', 'the password is ***, ***!'],
    [['abc', 'abcdef'], 'abc abcdef abcd', '*** *** ***d'],
    [['abc', 'cde'], 'xabcdex', 'x***x'],
    [['aa'], 'baaaaab', 'b***b'],
    [['ab'], 'abab', '******'],
    [['gruß\n'], 'gruß\ngruß', '***gruß'],
    [['', 'x'], 'y', 'y'],
    [[], 'nothing', 'nothing'],
  ] as const) {
    it(`shows ${JSON.stringify(text)} as ${JSON.stringify(shown)} without ${JSON.stringify(secrets)}, in any pieces`, () => {
      expect(mask(secrets, text)).to.equal(shown);
      for (const size of [1, 2, 3, 5]) {
        expect(mask(secrets, text, [size])).to.equal(shown);
      }
    });
  }

  it('shows no secret and all else, in any pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 3 }),
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        (secrets, text, sizes) => {
          const shown = mask(secrets, text, sizes);
          expect(shown).to.equal(mask(secrets, text));
          const isSecret = Array.from(text, () => false);
          for (const secret of secrets) {
            for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) {
              isSecret.fill(true, at, at + secret.length);
            }
          }
          const open = Array.from(text)
            .filter((_, index) => isSecret[index] === false)
            .join('');
          expect(shown.replaceAll('*', '')).to.equal(open);
        },
      ),
    );
  });

  it('holds back one byte fewer than the longest secret has', () => {
    const mask = new SecretMask(['1234', '123456']);
    expect(mask.push(Buffer.from('abcdefgh')).toString()).to.equal('abc');
    expect(mask.end().toString()).to.equal('defgh');
  });
});
