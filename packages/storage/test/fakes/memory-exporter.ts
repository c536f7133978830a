import type { ExportedImage, ImageExporter, VolumeRef } from '../../src/disks/volume-pool.js';
import { sha256Of } from './memory-importer.js';
import type { MemoryPool } from './memory-pool.js';

/** Exports from a `MemoryPool`: the text that stands for a volume's content. */
export class MemoryExporter implements ImageExporter {
  readonly #pool: MemoryPool;

  constructor(pool: MemoryPool) {
    this.#pool = pool;
  }

  async *exportImage(volume: VolumeRef): AsyncGenerator<Uint8Array, ExportedImage, undefined> {
    const content = this.#pool.content(volume) ?? '';
    yield await Promise.resolve(Buffer.from(content));
    return { sentBytes: content.length, sha256: sha256Of(content) };
  }
}
