import { expect } from 'chai';
import fc from 'fast-check';
import { openSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Hole, isHole } from '@patchbay/objects';
import { requireTools } from '@patchbay/objects/testing';

import { fileChunks, sparse } from '../../src/command/sparse-content.js';

const MiB = 2 ** 20;
type Chunk = Uint8Array | string | Hole;

/** Reads a file as an upload of it. */
async function chunksOf(path: string, accepted: boolean, asked: string[] = []): Promise<Chunk[]> {
  const found: Chunk[] = [];
  const ask = (): Promise<boolean> => {
    asked.push(path);
    return Promise.resolve(accepted);
  };
  for await (const chunk of sparse(fileChunks(openSync(path, 'r'), path), ask)) {
    found.push(chunk);
  }
  return found;
}

const expanded = (chunks: readonly Chunk[]): Buffer =>
  Buffer.concat(
    chunks.map((chunk) => (isHole(chunk) ? Buffer.alloc(chunk.hole) : Buffer.from(chunk as Buffer))),
  );

describe('An uploaded file', function () {
  this.timeout(30_000);
  let scratch: string;
  let path: string;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'patchbay-sparse-'));
    path = join(scratch, 'file');
  });
  after(async () => {
    await rm(scratch, { recursive: true });
  });

  it('arrives with all its bytes, wherever its holes are', async () => {
    const run = fc.record({
      bytes: fc.integer({ min: 1, max: 700_000 }),
      kind: fc.constantFrom('hole', 'zeros', 'data'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 5 }), fc.boolean(), async (runs, accepted) => {
        await writeFile(path, '');
        {
          await using file = await open(path, 'r+');
          let position = 0;
          // A large hole first, so that it is asked where they are.
          for (const { bytes, kind } of [{ bytes: 20 * MiB, kind: 'hole' }, ...runs]) {
            if (kind !== 'hole') {
              await file.write(Buffer.alloc(bytes, kind === 'data' ? 7 : 0), 0, bytes, position);
            }
            position += bytes;
          }
          await file.truncate(position);
        }
        const chunks = await chunksOf(path, accepted);
        expect(expanded(chunks).equals(await readFile(path))).to.equal(true);
        expect(chunks.some(isHole)).to.equal(accepted);
      }),
      { numRuns: 4 },
    );
  });

  it('costs its data, whatever its size', async function () {
    requireTools(this, 'qemu-img');
    await writeFile(path, Buffer.alloc(MiB, 7));
    await truncate(path, 3 * 2 ** 40);
    const chunks = await chunksOf(path, true);
    expect(chunks.filter(isHole)).to.deep.equal([{ hole: 3 * 2 ** 40 - MiB }]);
  });

  it('has holes for its zeros also where nobody knows where its holes are', async () => {
    const { PATH: before } = process.env;
    process.env.PATH = scratch;
    try {
      await writeFile(path, 'data');
      await truncate(path, 20 * MiB);
      const chunks = await chunksOf(path, true);
      expect(chunks.filter(isHole)).to.deep.equal([{ hole: 20 * MiB - 256 * 1024 }]);
    } finally {
      process.env.PATH = before;
    }
  });

  it('asks whether the method takes holes only if it has zeros', async () => {
    const asked: string[] = [];
    await writeFile(path, Buffer.alloc(MiB, 7));
    await chunksOf(path, true, asked);
    expect(asked).to.deep.equal([]);
  });
});
