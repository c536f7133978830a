import type { FileHandle } from 'node:fs/promises';

/** A filesystem's block: a hole in a file is a whole number of them. */
const blockBytes = 4096;
const zeros = Buffer.alloc(1024 * 1024);
/** Before holes of at least this size, the space that the filesystem preallocated after the data is released. */
const largeHoleBytes = 64 * 1024;

/** Writes a file sequentially, and leaves holes for blocks of zeros. */
export class SparseWriter {
  readonly #file: FileHandle;
  #position: number;
  #dataEnd: number;

  /** @param position where to continue; the file must be truncated to it */
  constructor(file: FileHandle, position = 0) {
    this.#file = file;
    this.#position = position;
    this.#dataEnd = position;
  }

  /** How many bytes were written, including holes. */
  get position(): number {
    return this.#position;
  }

  async write(data: Uint8Array): Promise<void> {
    let begin = isZero(data, 0, data.length) ? data.length : 0; // usually all of it is a hole, or nothing
    while (begin < data.length) {
      const isHole = this.#isHole(data, begin);
      let end = this.#endOfBlock(data, begin);
      while (end < data.length && this.#isHole(data, end) === isHole) {
        end = this.#endOfBlock(data, end);
      }
      if (!isHole) {
        await this.#writeAll(data.subarray(begin, end), this.#position + begin);
      }
      begin = end;
    }
    this.#position += data.length;
  }

  skip(bytes: number): void {
    this.#position += bytes;
  }

  /** Sets the length of the file, which a hole at its end does not. */
  async finish(): Promise<void> {
    await this.#releasePreallocated();
    await this.#file.truncate(this.#position);
  }

  #isHole(data: Uint8Array, begin: number): boolean {
    return isZero(data, begin, this.#endOfBlock(data, begin));
  }

  /** Blocks are aligned to the start of the file, wherever the pieces end. */
  #endOfBlock(data: Uint8Array, begin: number): number {
    return Math.min(data.length, begin + blockBytes - ((this.#position + begin) % blockBytes));
  }

  async #writeAll(data: Uint8Array, position: number): Promise<void> {
    if (position - this.#dataEnd >= largeHoleBytes) {
      await this.#releasePreallocated();
    }
    for (let done = 0; done < data.length;) {
      const { bytesWritten } = await this.#file.write(data, done, data.length - done, position + done);
      done += bytesWritten;
    }
    this.#dataEnd = position + data.length;
  }

  /** XFS and others preallocate space after a growing file, which a hole there would keep for good. */
  async #releasePreallocated(): Promise<void> {
    await this.#file.truncate(this.#dataEnd);
  }
}

/** Reports whether a part of a buffer, of at most 1 MiB, is all zeros. */
export function isZero(data: Uint8Array, begin: number, end: number): boolean {
  const length = end - begin;
  // The first byte distinguishes nearly all data from zeros.
  return data[begin] === 0 && length <= zeros.length && zeros.compare(data, begin, end, 0, length) === 0;
}
