import { expect } from 'chai';

import { type Storage } from '../../src/index.js';

// Checked by the compiler: what a client's proxy takes and gives.
const calls: readonly Storage['provision']['args'][] = [
  ['node7', 'ubuntu'],
  ['node7', 'ubuntu', { sizeBytes: 20 * 1024 ** 3 }],
  ['node7', 'ubuntu', 'node1@before-upgrade', { initiator: 'iqn.2026-11.org.example:seven' }],
  // @ts-expect-error -- the image is missing
  ['node7'],
  // @ts-expect-error -- there is no such option
  ['node7', 'ubuntu', { size: 1 }],
];
const progress: Storage['import_image']['item'] = { phase: 'convert', doneBytes: 1 };
const sizeOf = (result: Storage['provision']['result']): number => result.sizeBytes;

describe('the type of the storage object', () => {
  it('is what a client needs to be checked by', () => {
    expect(calls).to.have.lengthOf(5);
    expect(progress.phase).to.equal('convert');
    expect(sizeOf).to.be.a('function');
  });
});
