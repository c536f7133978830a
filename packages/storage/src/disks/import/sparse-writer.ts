import { type FileHandle } from 'node:fs/promises';

/** A filesystem's block: a hole in a file is a whole number of them. */
const blockBytes = 4096;
const zeros = Buffer.alloc(1024 * 1024);
/** Holes from this size on are kept free of what the filesystem reserved behind the data before them. */
const largeHoleBytes = 64 * 1024;

/** Writes a file from its beginning to its end, and leaves holes where there are only zeros. */
export class SparseWriter {
  readonly #file: FileHandle;
  #position: number;
  /** Where the data ends that was written last. */
  #dataEnd: number;

  /** @param position where to go on; what the file holds from there on must be cut off */
  constructor(file: FileHandle, position = 0) {
    this.#file = file;
    this.#position = position;
    this.#dataEnd = position;
  }

  /** How much was written, holes included, in bytes. */
  get position(): number {
    return this.#position;
  }

  async write(data: Uint8Array): Promise<void> {
    let begin = isZero(data, 0, data.length) ? data.length : 0; // most often all of it is a hole, or none
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

  /** Leaves a hole. */
  skip(bytes: number): void {
    this.#position += bytes;
  }

  /** Gives the file its length, which a hole at the end has not done. */
  async finish(): Promise<void> {
    await this.#releaseReserve();
    await this.#file.truncate(this.#position);
  }

  #isHole(data: Uint8Array, begin: number): boolean {
    return isZero(data, begin, this.#endOfBlock(data, begin));
  }

  /** Blocks are counted from the file's beginning, wherever the pieces of it end. */
  #endOfBlock(data: Uint8Array, begin: number): number {
    return Math.min(data.length, begin + blockBytes - ((this.#position + begin) % blockBytes));
  }

  async #writeAll(data: Uint8Array, position: number): Promise<void> {
    if (position - this.#dataEnd >= largeHoleBytes) {
      await this.#releaseReserve();
    }
    for (let done = 0; done < data.length;) {
      const { bytesWritten } = await this.#file.write(data, done, data.length - done, position + done);
      done += bytesWritten;
    }
    this.#dataEnd = position + data.length;
  }

  /** A filesystem such as XFS reserves space behind a file that grows, which a hole there would keep for good. */
  async #releaseReserve(): Promise<void> {
    await this.#file.truncate(this.#dataEnd);
  }
}

function isZero(data: Uint8Array, begin: number, end: number): boolean {
  const length = end - begin;
  // Nearly all data is told from zeros by its first byte.
  return data[begin] === 0 && length <= zeros.length && zeros.compare(data, begin, end, 0, length) === 0;
}
