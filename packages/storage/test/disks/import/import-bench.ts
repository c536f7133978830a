import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import { type Clock, systemClock } from '@patchbay/objects';
import { RecordingLog } from '@patchbay/objects/testing';

import { type FilePool, openFilePool } from '../../../src/disks/file/file-pool.js';
import { FileImageImporter, type FileImageImporterOptions } from '../../../src/disks/import/importer.js';
import type {
  ImportedImage,
  ImportOptions,
  ImportProgress,
  ImportSource,
  VolumeRef,
} from '../../../src/disks/volume-pool.js';
import { type Exec, execTool } from '../../../src/exec.js';
import { makeScratch, type Scratch } from '../scratch.js';

const MiB = 1024 * 1024;

/** The volume that the tests import to. */
export const image: VolumeRef = { kind: 'image', id: 'image-00000001' };

/** A disk's content that has data, with a boot sector, zeros, data and zeros again. */
export const content = Buffer.concat([
  randomBytes(MiB),
  Buffer.alloc(4 * MiB),
  randomBytes(MiB),
  Buffer.alloc(2 * MiB),
]);
content.writeUInt16BE(0x55aa, 510);

/** A pool and an importer into it, and a directory of images to import. */
export interface ImportBench extends AsyncDisposable {
  readonly pool: FilePool;
  readonly sources: string;
  readonly importer: FileImageImporter;
  /** Creates an image of `content` and returns its path. */
  makeImage(format: string, ...options: readonly string[]): Promise<string>;
  /** Runs an import to its end and returns its result and steps; a path is a file on the server's host. */
  run(
    source: ImportSource,
    options?: Partial<ImportOptions>,
  ): Promise<{ result: ImportedImage; steps: readonly ImportProgress[] }>;
  expectNothingLeft(): Promise<void>;
}

/** Sets up a pool and an importer for one test; the pool is in `place` if given. */
export async function makeImportBench(
  options: { exec?: Exec; clock?: Clock; place?: string } & Partial<FileImageImporterOptions> = {},
): Promise<ImportBench> {
  const scratch: Scratch = await makeScratch();
  const { exec = execTool, clock = systemClock, place = join(scratch.path, 'pool') } = options;
  const pool = await openFilePool({ directory: place, exec, clock, log: new RecordingLog() });
  const sources = scratch.path;
  const importer = new FileImageImporter({
    sourceDirectories: [sources],
    web: { networks: ['127.0.0.0/8'] },
    maxImageBytes: 2 ** 40,
    ...options,
    pool: pool.directory,
    exec,
    clock,
  });
  return {
    pool,
    sources,
    importer,
    makeImage: async (format, ...flags) => {
      const raw = join(sources, 'content.raw');
      const path = join(sources, `image.${format}`);
      await writeFile(raw, content);
      await execTool('qemu-img', ['convert', '-f', 'raw', '-O', format, ...flags, raw, path]);
      await rm(raw);
      return path;
    },
    run: async (source, { signal = new AbortController().signal, ...options } = {}) => {
      const steps: ImportProgress[] = [];
      const from = typeof source === 'string' && isAbsolute(source) ? `server:${source}` : source;
      const running = importer.importImage(image, from, { ...options, signal });
      let next = await running.next();
      while (next.done !== true) {
        steps.push(next.value);
        next = await running.next();
      }
      return { result: next.value, steps };
    },
    expectNothingLeft: async () => {
      expect(await pool.list()).to.deep.equal([]);
      expect(await readdir(join(pool.directory.path, 'tmp'))).to.deep.equal([]);
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}
