import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import { readRange } from './hash-file.js';
import { isZero, SparseWriter } from './sparse-writer.js';

const zeros = Buffer.alloc(1024 * 1024);
/** So many zeros are hashed in any case: it takes a fraction of a second. */
const freeZeroBytes = 64 * 1024 * 1024;

/** Computes the SHA-256 of data and holes. Unless it is needed, it is given up where it would cost more than the data. */
export class SparseHash {
  readonly #isNeeded: boolean;
  #hash: Hash | undefined = createHash('sha256');
  #dataBytes = 0;
  #zeroBytes = 0;

  /** @param isNeeded whether to hash holes of any size */
  constructor(isNeeded: boolean) {
    this.#isNeeded = isNeeded;
  }

  update(data: Uint8Array): void {
    this.#dataBytes += data.length;
    this.#hash?.update(data);
  }

  /** Adds zeros that were received as such, at most 1 MiB. */
  zeros(bytes: number): void {
    this.#count(bytes);
    this.#hash?.update(zeros.subarray(0, bytes));
  }

  /**
   * Adds a hole. From where holes exceed both the data before them and 64 MiB on, nothing is hashed unless it is needed.
   * @param onHashed called with each number of bytes that was hashed
   * @throws the signal's reason
   */
  async skip(bytes: number, onHashed: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    this.#count(bytes);
    let left = bytes;
    while (this.#hash !== undefined && left > 0) {
      const piece = zeros.subarray(0, Math.min(zeros.length, left));
      this.#hash.update(piece);
      left -= piece.length;
      onHashed(piece.length);
      await turn(); // yield to the event loop, as nothing is read or written here
      signal.throwIfAborted();
    }
    onHashed(left);
  }

  #count(bytes: number): void {
    this.#zeroBytes += bytes;
    if (!this.#isNeeded && this.#zeroBytes > Math.max(this.#dataBytes, freeZeroBytes)) {
      this.#hash = undefined;
    }
  }

  /** Returns the SHA-256, hexadecimal; undefined if it was given up. */
  digest(): string | undefined {
    return this.#hash?.digest('hex');
  }
}

/** Writes data and holes to a file, and hashes them on the way as `SparseHash` does. */
export class HashedWriter {
  readonly #file: FileHandle;
  readonly #writer: SparseWriter;
  readonly #hash: SparseHash;

  /** @param position where to continue, after `rehash`; the file must be truncated to it */
  constructor(file: FileHandle, { needsHash, position = 0 }: { needsHash: boolean; position?: number }) {
    this.#file = file;
    this.#writer = new SparseWriter(file, position);
    this.#hash = new SparseHash(needsHash);
  }

  /** How many bytes were written, including holes. */
  get position(): number {
    return this.#writer.position;
  }

  /** Hashes what is in the file before the position. @throws the signal's reason */
  async rehash(report: (position: number) => void, signal: AbortSignal): Promise<void> {
    const onPiece = (position: number, piece: Uint8Array): void => {
      this.#add(piece);
      report(position);
    };
    await readRange(this.#file, { begin: 0, end: this.position }, onPiece, signal);
  }

  /** Writes data; zeros become a hole. */
  async write(data: Uint8Array): Promise<void> {
    if (this.#add(data) === 'zeros') {
      this.#writer.skip(data.length);
    } else {
      await this.#writer.write(data);
    }
  }

  /** Leaves a hole. @throws the signal's reason */
  async skip(bytes: number, onSkipped: () => void, signal: AbortSignal): Promise<void> {
    const onHashed = (hashed: number): void => {
      this.#writer.skip(hashed);
      onSkipped();
    };
    await this.#hash.skip(bytes, onHashed, signal);
  }

  /** Sets the length of the file; more may be written after it. */
  async flush(): Promise<void> {
    await this.#writer.finish();
  }

  /** Sets the length of the file, and returns the SHA-256, hexadecimal; undefined if it was given up. */
  async finish(): Promise<string | undefined> {
    await this.flush();
    return this.#hash.digest();
  }

  #add(data: Uint8Array): 'zeros' | 'data' {
    if (isZero(data, 0, data.length)) {
      this.#hash.zeros(data.length);
      return 'zeros';
    }
    this.#hash.update(data);
    return 'data';
  }
}
