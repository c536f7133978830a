import { expect } from 'chai';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';

import type { Hole, RpcError } from '@patchbay/objects';
import { requireTools } from '@patchbay/objects/testing';

import { failureOf } from '../volume-pool-suite.js';
import { image, makeImportBench } from './import-bench.js';

const MiB = 1024 * 1024;

/** A boot sector. */
const boot = Buffer.alloc(512, 7);
boot.writeUInt16BE(0x55aa, 510);

async function* stream(pieces: readonly (Buffer | Hole)[]): AsyncGenerator<Buffer | Hole, void, undefined> {
  for (const piece of pieces) {
    yield await Promise.resolve(piece);
  }
}

function expanded(pieces: readonly (Buffer | Hole)[]): Buffer {
  return Buffer.concat(pieces.map((piece) => ('hole' in piece ? Buffer.alloc(piece.hole) : piece)));
}

/** Runs steps to their end and returns the result. */
async function resultOf<T>(steps: AsyncGenerator<unknown, T, undefined>): Promise<T> {
  for (;;) {
    const step = await steps.next();
    if (step.done === true) {
      return step.value;
    }
  }
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('An upload with holes', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit');
  });

  it('becomes the image that its bytes are, wherever the holes are', async () => {
    await using bench = await makeImportBench();
    const piece = fc.oneof(
      fc.integer({ min: 1, max: 200_000 }).map((hole) => ({ hole })),
      fc
        .record({ bytes: fc.integer({ min: 1, max: 20_000 }), byte: fc.constantFrom(0, 7) })
        .map(({ bytes, byte }) => Buffer.alloc(bytes, byte)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (drawn) => {
        const pieces = [boot, ...drawn];
        const { result } = await bench.run(stream(pieces));
        const bytes = expanded(pieces);
        const imported = await readFile(bench.pool.path(image));
        expect(imported.subarray(0, bytes.length).equals(bytes)).to.equal(true);
        expect(imported.length).to.equal(Math.ceil(bytes.length / 512) * 512);
        expect(result.sha256).to.equal(hashOf(bytes));
        await rm(bench.pool.path(image));
      }),
      { numRuns: 6 },
    );
  });

  it('is the same as an image exactly if its bytes are, however they are sent', async () => {
    await using bench = await makeImportBench();
    const { signal } = new AbortController();
    const layout = fc.array(
      fc.record({ bytes: fc.integer({ min: 1, max: 70_000 }), byte: fc.constantFrom(0, 7) }),
      { maxLength: 6 },
    );
    const asPieces = (bytes: Buffer, step: number, holes: boolean): (Buffer | Hole)[] => {
      const pieces: (Buffer | Hole)[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        const piece = bytes.subarray(at, at + step);
        pieces.push(holes && piece.every((byte) => byte === 0) ? { hole: piece.length } : piece);
      }
      return pieces;
    };
    await fc.assert(
      fc.asyncProperty(layout, fc.integer({ min: 500, max: 9000 }), fc.nat(), async (runs, step, place) => {
        const bytes = Buffer.concat([boot, ...runs.map(({ bytes: size, byte }) => Buffer.alloc(size, byte))]);
        await bench.run(stream([bytes]));
        const isSame = (upload: Buffer, holes: boolean): Promise<boolean> =>
          resultOf(
            bench.importer.compareUpload(
              image,
              { format: 'raw' },
              stream(asPieces(upload, step, holes)),
              signal,
            ),
          );
        expect([await isSame(bytes, true), await isSame(bytes, false)]).to.deep.equal([true, true]);
        const other = Buffer.from(bytes);
        other[place % bytes.length]! ^= 1;
        expect([await isSame(other, true), await isSame(other, false)]).to.deep.equal([false, false]);
        expect(await isSame(Buffer.concat([bytes, Buffer.alloc(512)]), true)).to.equal(false);

        const sha256 = hashOf(bytes); // which the image is padded behind
        expect(await resultOf(bench.importer.hashImage(image, sha256, signal))).to.equal(sha256);
        expect(await resultOf(bench.importer.hashImage(image, '', signal))).to.equal(
          hashOf(await readFile(bench.pool.path(image))),
        );
        await rm(bench.pool.path(image));
      }),
      { numRuns: 5 },
    );
  });

  it('of a qcow2 is the same by its checksum', async () => {
    await using bench = await makeImportBench();
    const { signal } = new AbortController();
    const content = { format: 'qcow2', sha256: hashOf(Buffer.alloc(300_000)) };
    const compare = (upload: AsyncIterable<Buffer | Hole>): Promise<boolean> =>
      resultOf(bench.importer.compareUpload(image, content, upload, signal));
    expect(await compare(stream([Buffer.alloc(1000), { hole: 299_000 }]))).to.equal(true);
    expect(await compare(stream([{ hole: 300_001 }]))).to.equal(false);
  });

  it('costs its data, and has a checksum only if one is given', async () => {
    await using bench = await makeImportBench();
    const pieces = [boot, { hole: 2 ** 39 }, Buffer.alloc(MiB, 7), { hole: 2 ** 39 - MiB - 512 }];
    const { result, steps } = await bench.run(stream(pieces));
    expect(result).to.deep.equal({ sizeBytes: 2 ** 40, format: 'raw', verifiedBy: 'end' });
    expect((await bench.pool.stat(image))?.usedBytes).to.be.within(MiB, 2 * MiB);
    expect(steps.findLast(({ phase }) => phase === 'upload')?.doneBytes).to.equal(2 ** 40);
    await rm(bench.pool.path(image));

    const small = [boot, { hole: 80 * MiB - 512 }];
    const { result: checked } = await bench.run(stream(small), { sha256: hashOf(expanded(small)) });
    expect(checked.verifiedBy).to.equal('sha256');
  });

  it('has no checksum that takes long to compute for a message of a few bytes', async () => {
    await using bench = await makeImportBench();
    const { signal } = new AbortController();
    const expectRefusal = async (work: Promise<unknown>): Promise<void> => {
      const error = (await failureOf(work)) as RpcError;
      expect(error).to.include({ reason: 'SOURCE_REFUSED' });
      expect(error.message)
        .to.match(/512 bytes of data|in holes/)
        .and.contain('too long');
    };
    const large = (): AsyncGenerator<Buffer | Hole> => stream([boot, { hole: 2 ** 39 }]);
    await expectRefusal(bench.run(large(), { sha256: hashOf(boot) }));
    await bench.expectNothingLeft();
    const qcow2 = { format: 'qcow2', sha256: hashOf(boot) };
    await expectRefusal(resultOf(bench.importer.compareUpload(image, qcow2, large(), signal)));

    await bench.run(large());
    await expectRefusal(resultOf(bench.importer.hashImage(image, hashOf(boot), signal)));
  });

  it('is refused when its holes exceed the size limit of an image', async () => {
    await using bench = await makeImportBench({ maxImageBytes: MiB });
    const error = (await failureOf(bench.run(stream([boot, { hole: MiB }])))) as RpcError;
    expect(error.reason).to.equal('SOURCE_REFUSED');
    await bench.expectNothingLeft();
  });
});
