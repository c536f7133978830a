import { createHash } from 'node:crypto';

import { isHole } from '@patchbay/objects';

import type {
  ImageImporter,
  ImportedImage,
  ImportProgress,
  ImportSource,
  Upload,
  VolumeRef,
} from '../../src/disks/volume-pool.js';
import { sourceName } from '../../src/disks/import/source.js';
import { storageError } from '../../src/errors.js';
import type { MemoryPool } from './memory-pool.js';

/** Imports into a `MemoryPool` from sources that a test names. */
export class MemoryImporter implements ImageImporter {
  readonly sources = new Map<string, { sizeBytes: number; content: string }>();
  imports = 0;
  /** Imports as from what is mostly holes. */
  makesNoChecksums = false;
  readonly #pool: MemoryPool;
  /** Called half-way, to hold an import up. */
  halfWay: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  readChecksum(text: string): Promise<string> {
    return Promise.resolve(text.toLowerCase());
  }

  async *importImage(
    target: VolumeRef,
    source: ImportSource,
    { signal }: { readonly sha256?: string | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<ImportProgress, ImportedImage, undefined> {
    this.imports += 1;
    const found = typeof source === 'string' ? this.sources.get(source) : await uploaded(source);
    if (found === undefined) {
      throw storageError('SOURCE_NOT_FOUND', `no file ${sourceName(source)}`);
    }
    const { sizeBytes, content } = found;
    yield { phase: 'read', doneBytes: 0, totalBytes: sizeBytes };
    await this.halfWay(signal);
    signal.throwIfAborted();
    yield { phase: 'convert', doneBytes: sizeBytes, totalBytes: sizeBytes };
    this.#pool.write(target, sizeBytes, content);
    const checksum = this.makesNoChecksums ? {} : { sha256: sha256Of(content) };
    return { sizeBytes, ...checksum, format: 'raw', verifiedBy: 'end' };
  }

  // eslint-disable-next-line require-yield -- it is done at once
  async *compareUpload(
    image: VolumeRef,
    _content: unknown,
    upload: Upload,
  ): AsyncGenerator<ImportProgress, boolean, undefined> {
    return (await uploaded(upload)).content === this.#pool.content(image);
  }

  // eslint-disable-next-line require-yield -- it is done at once
  async *hashImage(image: VolumeRef): AsyncGenerator<ImportProgress, string, undefined> {
    return Promise.resolve(sha256Of(this.#pool.content(image) ?? ''));
  }
}

async function uploaded(source: Upload): Promise<{ sizeBytes: number; content: string }> {
  const pieces: Buffer[] = [];
  for await (const piece of source) {
    pieces.push(isHole(piece) ? Buffer.alloc(piece.hole) : piece);
  }
  return { sizeBytes: 1024, content: Buffer.concat(pieces).toString() };
}

/** Returns the SHA-256 of a content. */
export function sha256Of(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
