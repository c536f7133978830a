import {
  type ImageImporter,
  type ImportedImage,
  type ImportProgress,
  type VolumeRef,
} from '../../src/disks/volume-pool.js';
import { storageError } from '../../src/errors.js';
import { type MemoryPool } from './memory-pool.js';

/** Imports into a `MemoryPool` from sources that a test names. */
export class MemoryImporter implements ImageImporter {
  readonly sources = new Map<string, { sizeBytes: number; content: string }>();
  imports = 0;
  readonly #pool: MemoryPool;
  /** Called half-way, to hold an import up. */
  halfWay: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();

  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  async *importImage(
    target: VolumeRef,
    source: string,
    { signal }: { readonly sha256?: string | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<ImportProgress, ImportedImage, undefined> {
    this.imports += 1;
    const found = this.sources.get(source);
    if (found === undefined) {
      throw storageError('SOURCE_NOT_FOUND', `no file ${source}`);
    }
    const { sizeBytes, content } = found;
    yield { phase: 'read', doneBytes: 0, totalBytes: sizeBytes };
    await this.halfWay(signal);
    signal.throwIfAborted();
    yield { phase: 'convert', doneBytes: sizeBytes, totalBytes: sizeBytes };
    this.#pool.write(target, sizeBytes, content);
    return { sizeBytes, sha256: sha256Of(content), format: 'raw' };
  }
}

/** Stands for the SHA-256 of a content. */
export function sha256Of(content: string): string {
  return Buffer.from(content).toString('hex').padEnd(64, '0').slice(0, 64);
}
