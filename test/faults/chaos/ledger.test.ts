import { expect } from 'chai';

import { blockBytes, Contents } from './contents.js';
import { Ledger, type Volume } from './ledger.js';

const sizeBytes = 4 * blockBytes;

function filled(...blocks: readonly number[]): Buffer {
  return Buffer.concat(blocks.map((byte) => Buffer.alloc(blockBytes, byte)));
}

describe('The contents that a volume may have', () => {
  it('are those of its acknowledged writes', () => {
    const contents = Contents.filledWith(1, sizeBytes);
    contents.writing(2, 9);
    contents.wrote(2, 9);
    expect(contents.difference(filled(1, 1, 9, 1))).to.equal(undefined);
    expect(contents.difference(filled(1, 1, 1, 1))).to.equal('has 1 in block 2, not 9');
    expect(contents.known()).to.deep.equal([
      { block: 0, byte: 1 },
      { block: 2, byte: 9 },
    ]);
  });

  it('are either, sector by sector, where a write was not acknowledged', () => {
    const contents = Contents.filledWith(1, sizeBytes);
    contents.writing(0, 9);
    const torn = filled(1, 1, 1, 1).fill(9, 512, 1024);
    expect(contents.difference(torn)).to.equal(undefined);
    expect(contents.difference(torn.fill(8, 100, 101))).to.match(/^has .* in block 0, not 1 or 9$/);
  });

  it('are those of a snapshot once a restore was acknowledged, and either before', () => {
    const contents = Contents.filledWith(1, sizeBytes);
    contents.become(Contents.filledWith(2, sizeBytes), false);
    expect(contents.difference(filled(1, 2, 1, 2))).to.equal(undefined);
    contents.become(Contents.filledWith(2, sizeBytes), true);
    expect(contents.difference(filled(1, 2, 2, 2))).to.equal('has 1 in block 0, not 2');
  });

  it('are zeros where a disk has grown, and no shorter once that was acknowledged', () => {
    const contents = Contents.filledWith(1, sizeBytes);
    contents.grow(sizeBytes + blockBytes, false);
    expect(contents.difference(filled(1, 1, 1, 1))).to.equal(undefined);
    contents.grow(sizeBytes + blockBytes, true);
    expect(contents.difference(filled(1, 1, 1, 1))).to.match(/^has 262144 bytes, not 327680$/);
    expect(contents.difference(filled(1, 1, 1, 1, 0))).to.equal(undefined);
  });
});

describe('The ledger of what was acknowledged', () => {
  let ledger: Ledger;
  let disk: Volume;
  const contents = { contents: Contents.filledWith(1, sizeBytes), image: 'ubuntu' };

  beforeEach(() => {
    ledger = new Ledger();
    ledger.add('node:n1', contents, true, 'd1');
    disk = ledger.at('node:n1')!;
  });

  it('finds nothing wrong where everything is in its place', () => {
    expect(ledger.settle(new Map([['d1', 'node:n1']]))).to.deep.equal([]);
  });

  it('notices a disk that is lost, and one that is somewhere else', () => {
    expect(ledger.settle(new Map([['d1', 'trash']]))).to.deep.equal(['node:n1 (d1) is trash']);
    expect(ledger.settle(new Map())).to.deep.equal(['trash (d1) is gone']);
  });

  it('notices a deletion that was undone', () => {
    ledger.move(disk, 'gone', true);
    expect(ledger.settle(new Map([['d1', 'node:n1']]))).to.deep.equal(['gone (d1) is node:n1']);
  });

  it('takes either outcome of a request without an answer, and holds to it', () => {
    ledger.move(disk, 'trash', false);
    expect(ledger.settle(new Map([['d1', 'trash']]))).to.deep.equal([]);
    expect(ledger.settle(new Map([['d1', 'node:n1']]))).to.deep.equal(['trash (d1) is node:n1']);
  });

  it('finds the volume that an unanswered request made, and none that nobody asked for', () => {
    ledger.add('node:n2', contents, false);
    const found = new Map([
      ['d1', 'node:n1'],
      ['d2', 'node:n2'],
      ['d3', 'node:n3'],
    ]);
    expect(ledger.settle(found)).to.deep.equal(['node:n3 (d3) was deleted, or never asked for']);
  });

  it('lets what is in the trash go while the pool is full, and nothing else', () => {
    ledger.add('trash', contents, true, 'd2');
    ledger.letTrashGo();
    ledger.move(disk, 'trash', true);
    expect(ledger.settle(new Map())).to.deep.equal([]);
    ledger.add('trash', contents, true, 'd3');
    expect(ledger.settle(new Map())).to.deep.equal(['trash (d3) is gone']);
  });

  it('misses a snapshot that was acknowledged', () => {
    ledger.add('snapshot:n1@s0', contents, true);
    const wrong = ledger.settle(new Map([['d1', 'node:n1']]));
    expect(wrong).to.deep.equal(['snapshot:n1@s0 (a new volume) is gone']);
  });
});
