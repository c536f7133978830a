import { expect } from 'chai';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';

import { type Hole, isHole, systemClock } from '@patchbay/objects';
import { RecordingLog, requireTools } from '@patchbay/objects/testing';

import { FileImageExporter } from '../../../src/disks/export/exporter.js';
import { type FilePool, openFilePool } from '../../../src/disks/file/file-pool.js';
import type { ExportedImage, ExportOptions, ExportProgress } from '../../../src/disks/volume-pool.js';
import { execTool } from '../../../src/exec.js';
import { makeScratch } from '../scratch.js';

const MiB = 2 ** 20;
const image = { kind: 'image', id: 'image-00000001' } as const;

interface Exported {
  readonly pieces: readonly (Uint8Array | Hole)[];
  readonly progress: readonly ExportProgress[];
  readonly result: ExportedImage;
}

/** Exports the volume of a pool as a raw file. */
async function exported(pool: FilePool, options: Partial<ExportOptions> = {}): Promise<Exported> {
  const exporter = new FileImageExporter({ pool: pool.directory, exec: execTool, clock: systemClock });
  const { signal } = new AbortController();
  const all = { acceptsHoles: true, needsHash: false, signal, ...options };
  const items = exporter.exportImage(image, 'raw', all);
  const pieces: (Uint8Array | Hole)[] = [];
  const progress: ExportProgress[] = [];
  for (;;) {
    const next = await items.next();
    if (next.done === true) {
      return { pieces, progress, result: next.value };
    }
    if (next.value instanceof Uint8Array || isHole(next.value)) {
      pieces.push(next.value);
    } else {
      progress.push(next.value);
    }
  }
}

/** Writes a volume of so many bytes, with data at some places. */
async function writeVolume(
  pool: FilePool,
  sizeBytes: number,
  data: readonly (readonly [number, Buffer])[],
): Promise<void> {
  await writeFile(pool.path(image), '');
  await using file = await open(pool.path(image), 'r+');
  await file.truncate(sizeBytes);
  for (const [at, bytes] of data) {
    await file.write(bytes, 0, bytes.length, at);
  }
}

const expanded = (pieces: Exported['pieces']): Buffer =>
  Buffer.concat(pieces.map((piece) => (isHole(piece) ? Buffer.alloc(piece.hole) : piece)));

describe('An export of a raw image', function () {
  this.timeout(60_000);

  before(function () {
    requireTools(this, 'qemu-img', 'prlimit');
  });

  async function withPool(test: (pool: FilePool) => Promise<void>): Promise<void> {
    await using scratch = await makeScratch();
    const options = { exec: execTool, clock: systemClock, log: new RecordingLog() };
    await test(await openFilePool({ directory: scratch.path, ...options }));
  }

  it('sends all of its bytes, as holes only to who accepts them', () =>
    withPool(async (pool) => {
      const run = fc.record({
        gap: fc.integer({ min: 0, max: 300_000 }),
        bytes: fc.integer({ min: 1, max: 300_000 }),
        byte: fc.constantFrom(0, 7),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(run, { maxLength: 4 }), fc.boolean(), async (runs, acceptsHoles) => {
          let sizeBytes = 0;
          const data = runs.map(({ gap, bytes, byte }) => {
            const at = sizeBytes + gap;
            sizeBytes = at + bytes;
            return [at, Buffer.alloc(bytes, byte)] as const;
          });
          await writeVolume(pool, sizeBytes + 10_000, data);
          const { pieces, result } = await exported(pool, { acceptsHoles });
          const bytes = await readFile(pool.path(image));
          expect(expanded(pieces).equals(bytes)).to.equal(true);
          expect(acceptsHoles || !pieces.some(isHole)).to.equal(true);
          expect(result).to.deep.equal({
            sentBytes: bytes.length,
            sha256: createHash('sha256').update(bytes).digest('hex'),
          });
        }),
        { numRuns: 6 },
      );
    }));

  it('costs its data, and has a checksum only if one is asked for', () =>
    withPool(async (pool) => {
      await writeVolume(pool, 3 * 2 ** 40, [[2 ** 40, Buffer.alloc(MiB, 7)]]);
      const { pieces, progress, result } = await exported(pool);
      expect(pieces.filter((piece) => !isHole(piece))).to.have.length(8);
      expect(result).to.deep.equal({ sentBytes: 3 * 2 ** 40 });
      expect(progress.at(-1)).to.deep.include({ doneBytes: 3 * 2 ** 40, totalBytes: 3 * 2 ** 40 });

      await writeVolume(pool, 80 * MiB, []);
      expect((await exported(pool)).result.sha256).to.equal(undefined);
      const zeros = createHash('sha256').update(Buffer.alloc(80 * MiB));
      expect((await exported(pool, { needsHash: true })).result.sha256).to.equal(zeros.digest('hex'));
    }));
});
