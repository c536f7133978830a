import { expect } from 'chai';

import { exactSize } from '../../src/provision/disk-size.js';

describe('a size in a message', () => {
  const cases: readonly (readonly [sizeBytes: number, text: string])[] = [
    [0, '0 B'],
    [512, '512 B'],
    [64 * 2 ** 20, '64.0 MiB'],
    [1.5 * 2 ** 30, '1.5 GiB'],
    [100_000_256, '95.4 MiB (100000256 bytes)'],
    [64 * 2 ** 20 + 512, '64.0 MiB (67109376 bytes)'],
  ];
  for (const [sizeBytes, text] of cases) {
    it(`is ${text} for ${String(sizeBytes)} bytes, so that no two sizes read the same`, () => {
      expect(exactSize(sizeBytes)).to.equal(text);
    });
  }
});
