import { expect } from 'chai';
import fc from 'fast-check';

import { formatBytes, parseBytes } from '../../src/text/sizes.js';

describe('parseBytes', () => {
  const rows: [text: string, bytes: number | undefined][] = [
    ['0', 0],
    ['4096', 4096],
    ['4096B', 4096],
    ['20GiB', 20 * 1024 ** 3],
    ['20G', 20 * 1024 ** 3],
    ['20g', 20 * 1024 ** 3],
    ['20 GiB', 20 * 1024 ** 3],
    ['20GB', 20e9],
    ['1.5TB', 1.5e12],
    ['1.1GB', 1_100_000_000],
    ['0.1KiB', 102],
    ['512kib', 512 * 1024],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', undefined],
    ['8P', undefined],
    ['1.5', undefined],
    ['1iB', undefined],
    ['-1', undefined],
    ['1e9', undefined],
    ['0x10', undefined],
    ['', undefined],
    [' 5', undefined],
    ['5\n', undefined],
    ['20 GiB extra', undefined],
    ['GiB', undefined],
    ['٣', undefined],
  ];
  for (const [text, bytes] of rows) {
    it(`reads ${JSON.stringify(text)} as ${String(bytes)}`, () => {
      expect(parseBytes(text)).to.equal(bytes);
    });
  }

  it('reads back any whole number of bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseBytes(String(bytes))).to.equal(bytes);
      }),
    );
  });
});

describe('formatBytes', () => {
  const rows: [bytes: number, text: string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1023.7, '1.0 KiB'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [10 * 1024 ** 3, '10.0 GiB'],
    [3000 * 1024 ** 5, '3000.0 PiB'],
    [-2048, '-2.0 KiB'],
  ];
  for (const [bytes, text] of rows) {
    it(`writes ${String(bytes)} as ${text}`, () => {
      expect(formatBytes(bytes)).to.equal(text);
    });
  }

  it('writes what parseBytes reads back to within a twentieth of a unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 * 1024 ** 5 }), (bytes) => {
        const back = parseBytes(formatBytes(bytes));
        expect(back).to.be.a('number');
        expect(Math.abs(back! - bytes)).to.be.at.most(bytes * 0.0501);
      }),
    );
  });
});
