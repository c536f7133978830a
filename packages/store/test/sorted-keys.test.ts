import { expect } from 'chai';
import fc from 'fast-check';

import { SortedKeys } from '../src/sorted-keys.js';

describe('sorted keys', () => {
  it('are counted and sliced as a sorted list of the same keys would be', () => {
    const key = fc.integer({ min: 0, max: 3000 }).map((number) => `k${String(number)}`);
    const change = fc.record({ key, isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3000, size: 'max' }), key, key, (changes, from, to) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const { key: each, isAdded } of changes) {
          if (isAdded) {
            keys.add(each);
            model.add(each);
          } else {
            keys.delete(each);
            model.delete(each);
          }
        }
        const all = [...model].sort();
        const wanted = all.filter((each) => each >= from && each < to);
        expect(keys.slice('', '~', Infinity)).to.deep.equal(all);
        expect(keys.slice(from, to, 7)).to.deep.equal(wanted.slice(0, 7));
        expect(keys.count('', '~')).to.equal(all.length);
        if (from <= to) {
          expect(keys.count(from, to)).to.equal(wanted.length);
        }
        expect(keys.isEmpty).to.equal(all.length === 0);
      }),
      { numRuns: 100 },
    );
  });

  for (const [order, index] of [
    ['in their order', (i: number) => i],
    ['in the reverse order', (i: number) => 4999 - i],
    ['in another order', (i: number) => (i * 1237) % 5000],
  ] as const) {
    it(`are in their order when thousands are added ${order} and every other one goes`, () => {
      const all = Array.from({ length: 5000 }, (_, i) => `k${String(i).padStart(4, '0')}`);
      const keys = new SortedKeys();
      all.forEach((_, i) => {
        keys.add(all[index(i)] ?? '');
      });
      expect(keys.slice('', '~', Infinity)).to.deep.equal(all);
      all.forEach((key, i) => {
        if (i % 2 === 0) {
          keys.delete(key);
        }
      });
      expect(keys.slice('', '~', Infinity)).to.deep.equal(all.filter((_, i) => i % 2 === 1));
      expect(keys.count('k1000', 'k2000')).to.equal(500);
    });
  }
}).timeout(60_000);
