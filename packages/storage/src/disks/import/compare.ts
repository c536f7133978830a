import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { isHole } from '@patchbay/objects';

import type { Upload } from '../volume-pool.js';
import { HoleBudget } from './hole-budget.js';
import { hashRange, isZeroRange, type Range } from './hash-file.js';
import type { ReportProgress } from './progress.js';
import { untilAborted } from './upload.js';

/** What an image is padded to a multiple of, in bytes. */
const sectorBytes = 512;

/**
 * Reports whether an upload has the bytes of an image, apart from zeros that pad the image to a whole sector. Nothing is
 * read of the upload behind the first difference.
 * @param ranges the parts of the image that may have other bytes than zeros, in order
 * @throws what reading throws; the signal's reason
 */
export async function isImageOf(
  upload: Upload,
  { file, ranges }: { readonly file: FileHandle; readonly ranges: readonly Range[] },
  report: ReportProgress,
  signal: AbortSignal,
): Promise<boolean> {
  const { size } = await file.stat();
  const zeros = new ZeroRanges(file, ranges);
  let position = 0;
  for await (const chunk of untilAborted(upload, signal)) {
    const end = position + (isHole(chunk) ? chunk.hole : chunk.length);
    const isSame =
      end <= size &&
      (isHole(chunk)
        ? await zeros.has({ begin: position, end }, signal)
        : await hasAt(file, position, chunk));
    if (!isSame) {
      return false;
    }
    position = end;
    report(position, size);
  }
  return size - position < sectorBytes && (await zeros.has({ begin: position, end: size }, signal));
}

async function hasAt(file: FileHandle, position: number, bytes: Buffer): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes.length), 0, bytes.length, position);
  return bytesRead === bytes.length && buffer.equals(bytes);
}

/** Finds zeros in a file whose data is known, by questions from its beginning to its end. */
class ZeroRanges {
  readonly #file: FileHandle;
  readonly #ranges: readonly Range[];
  #next = 0;

  constructor(file: FileHandle, ranges: readonly Range[]) {
    this.#file = file;
    this.#ranges = ranges;
  }

  /** Reports whether a part of the file, behind those asked for before, is zeros. @throws the signal's reason */
  async has({ begin, end }: Range, signal: AbortSignal): Promise<boolean> {
    while ((this.#ranges[this.#next]?.end ?? Infinity) <= begin) {
      this.#next += 1;
    }
    for (let index = this.#next; (this.#ranges[index]?.begin ?? Infinity) < end; index += 1) {
      const data = this.#ranges[index] as Range;
      const both = { begin: Math.max(begin, data.begin), end: Math.min(end, data.end) };
      if (!(await isZeroRange(this.#file, both, signal))) {
        return false;
      }
    }
    return true;
  }
}

/**
 * Returns the SHA-256 of an image, hexadecimal: `expected` if the image has it without the zeros that may pad it to a
 * whole sector, as its source had.
 * @throws RpcError `SOURCE_REFUSED` if hashing its holes would take too long; the signal's reason
 */
export async function hashImage(
  file: FileHandle,
  expected: string,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<string> {
  const { size, blocks } = await file.stat();
  const budget = new HoleBudget('image', 'delete it, and import it with its checksum');
  budget.data(Math.min(size, blocks * 512));
  budget.hole(Math.max(0, size - blocks * 512));
  const hash = createHash('sha256');
  const begin = Math.max(0, size - sectorBytes);
  const onPiece = (position: number): void => {
    report(position, size);
  };
  await hashRange(file, hash, { begin: 0, end: begin }, onPiece, signal);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sectorBytes), 0, size - begin, begin);
  const dataBytes = buffer.findLastIndex((byte) => byte !== 0) + 1;
  const digestOf = (bytes: number): string => hash.copy().update(buffer.subarray(0, bytes)).digest('hex');
  for (let bytes = Math.max(1, dataBytes); bytes < bytesRead; bytes += 1) {
    if (digestOf(bytes) === expected) {
      return expected;
    }
  }
  return digestOf(bytesRead);
}
