import { expect } from 'chai';

import { quotas } from '../../src/pool/quotas.js';

describe('the quotas of the configuration', () => {
  it('take sizes as people write them', () => {
    expect(quotas.parse({ 'lab-': { disks: 2, bytes: '1TiB' }, '': { bytes: 5 } })).to.deep.equal({
      'lab-': { disks: 2, bytes: 1024 ** 4 },
      '': { bytes: 5 },
    });
  });

  for (const [what, wrong] of [
    ['a size that is none', { 'lab-': { bytes: 'much' } }],
    ['a negative number', { 'lab-': { disks: -1 } }],
    ['an unknown word', { 'lab-': { nodes: 3 } }],
    ['what no name begins with', { LAB_: { disks: 3 } }],
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(quotas.safeParse(wrong).success).to.be.false;
    });
  }
});
