import { expect } from 'chai';
import fc from 'fast-check';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { requireTools } from '@patchbay/objects/testing';

import { SparseWriter } from '../../../src/disks/import/sparse-writer.js';
import { mountXfs } from '../../../src/testing/loop-filesystem.js';
import { makeScratch } from '../scratch.js';

const MiB = 1024 * 1024;

async function written(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w');
  const writer = new SparseWriter(file);
  for (const piece of pieces) {
    await writer.write(piece);
  }
  await writer.finish();
  await file.close();
}

describe('SparseWriter', function () {
  this.timeout(60_000);

  it('writes its input, however it is split, with zeros anywhere', async () => {
    await using scratch = await makeScratch();
    const path = join(scratch.path, 'file');
    const run = fc.record({ bytes: fc.integer({ min: 1, max: 20_000 }), byte: fc.constantFrom(0, 0, 7) });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 8 }), async (runs) => {
        const pieces = runs.map(({ bytes, byte }) => Buffer.alloc(bytes, byte));
        await written(path, pieces);
        expect((await readFile(path)).equals(Buffer.concat(pieces))).to.equal(true);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves holes on XFS, which preallocates space after a growing file', async function () {
    requireTools(this, 'mkfs.xfs');
    await using mount = await mountXfs({ sizeBytes: 512 * MiB });
    const path = join(mount.path, 'file');
    const data = Array.from({ length: 24 }, () => Buffer.alloc(MiB, 7));
    const hole = Array.from({ length: 24 }, () => Buffer.alloc(MiB));

    await written(path, [...data, ...hole, ...data, ...hole]);

    const { size, blocks } = await stat(path);
    expect(size).to.equal(96 * MiB);
    expect(blocks * 512).to.be.within(48 * MiB, 49 * MiB);
  });
});
