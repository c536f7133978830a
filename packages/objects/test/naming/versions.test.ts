import { expect } from 'chai';
import fc from 'fast-check';

import { versionedNameIn, versionsOf } from '../../src/naming/versions.js';

describe('A name with a version', () => {
  for (const [name, base, version] of [
    ['storage/v2', 'storage', 2],
    ['lab/storage/v10', 'lab/storage', 10],
    ['storage/v1/v2', 'storage/v1', 2],
    ['storage/v0', 'storage', 0],
  ] as const) {
    it(`is read from ${name}`, () => {
      expect(versionedNameIn(name)).to.deep.equal({ base, version });
    });
  }

  for (const name of [
    'storage',
    'storage/v',
    'storage/v02',
    'storage/v1a',
    'storage.v2',
    'v2',
    'storage/V2',
  ]) {
    it(`is not read from ${name}`, () => {
      expect(versionedNameIn(name)).to.equal(undefined);
    });
  }

  it('comes before older ones by its number, not by its text', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1 }), (versions) => {
        const names = versions.map((version) => `a/v${String(version)}`);
        const sorted = [...versions].sort((a, b) => b - a).map((version) => `a/v${String(version)}`);
        expect(versionsOf('a', [...names, 'a', 'b/v999', 'a/v1/v999'])).to.deep.equal(sorted);
      }),
    );
  });
});
