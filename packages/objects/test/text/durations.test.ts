import { expect } from 'chai';
import fc from 'fast-check';

import { formatDuration, parseDuration } from '../../src/text/durations.js';

describe('parseDuration', () => {
  const rows: [text: string, ms: number | undefined][] = [
    ['0', 0],
    ['0s', 0],
    ['30s', 30_000],
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['1.005s', 1005],
    ['2d', 172_800_000],
    ['1m500ms', 60_500],
    ['30', undefined],
    ['30m1h', undefined],
    ['1s1s', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
    ['s', undefined],
    ['', undefined],
    ['1s\n', undefined],
    ['none', undefined],
    ['9'.repeat(20) + 's', undefined],
    ['1'.repeat(100_000), undefined],
  ];
  for (const [text, ms] of rows) {
    it(`reads ${JSON.stringify(text.slice(0, 25))} as ${String(ms)}`, () => {
      expect(parseDuration(text)).to.equal(ms);
    });
  }
});

describe('formatDuration', () => {
  const rows: [ms: number, text: string][] = [
    [0, '0s'],
    [250, '250ms'],
    [1500, '1s500ms'],
    [5_400_000, '1h30m'],
    [90_061_000, '1d1h1m1s'],
  ];
  for (const [ms, text] of rows) {
    it(`writes ${String(ms)} as ${text}`, () => {
      expect(formatDuration(ms)).to.equal(text);
    });
  }

  it('writes what parseDuration reads back exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e14 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).to.equal(ms);
      }),
    );
  });
});
