import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import type { ReportProgress } from './progress.js';
import { SparseWriter } from './sparse-writer.js';

/** A part of a file, in bytes; `end` is exclusive. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

const pieceBytes = 1024 * 1024;
const zeros = Buffer.alloc(pieceBytes);
/** So many zeros are hashed in any case: it takes less than a second. */
const freeHoleBytes = 256 * 1024 * 1024;

/**
 * Reads a part of a file into a hash. @throws the signal's reason
 * @param onPiece called with the end of each piece and its bytes, which are valid until the next call
 */
export async function hashRange(
  file: FileHandle,
  hash: Hash,
  { begin, end }: Range,
  onPiece: (position: number, piece: Uint8Array) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(1, end - begin)));
  for (let position = begin; position < end;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - position), position);
    if (bytesRead === 0) {
      return; // truncated meanwhile; callers that compare its stat notice
    }
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    position += bytesRead;
    await onPiece(position, piece);
  }
}

/** Reports whether a part of a file is all zeros. @throws the signal's reason */
export async function isZeroRange(
  file: FileHandle,
  { begin, end }: Range,
  signal: AbortSignal,
): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(pieceBytes);
  for (let position = begin; position < end;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(pieceBytes, end - position), position);
    if (zeros.compare(buffer, 0, bytesRead, 0, bytesRead) !== 0) {
      return false;
    }
    position += Math.max(1, bytesRead);
  }
  return true;
}

/** Reads all of an open file and returns the SHA-256 of its bytes, hexadecimal. @throws the signal's reason */
export async function hashFile(
  file: FileHandle,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<string> {
  const { size } = await file.stat();
  const hash = createHash('sha256');
  const onPiece = (done: number): void => {
    report(done, size);
  };
  await hashRange(file, hash, { begin: 0, end: size }, onPiece, signal);
  return hash.digest('hex');
}

/**
 * Copies an open file to an empty one. The bytes outside `ranges` are zeros, which are neither read nor written. Returns
 * the SHA-256 of all bytes, hexadecimal; undefined if it is not needed and there are more zeros to hash than data.
 * @throws the signal's reason
 */
export async function copyHashed(
  from: FileHandle,
  to: FileHandle,
  options: {
    size: number;
    ranges: readonly Range[];
    needsHash: boolean;
    report: ReportProgress;
    signal: AbortSignal;
  },
): Promise<string | undefined> {
  const { size, ranges, needsHash, report, signal } = options;
  const dataBytes = ranges.reduce((all, { begin, end }) => all + end - begin, 0);
  const isHashed = needsHash || size - dataBytes <= Math.max(dataBytes, freeHoleBytes);
  const hash = createHash('sha256');
  const writer = new SparseWriter(to);
  const skipTo = async (end: number): Promise<void> => {
    if (!isHashed) {
      writer.skip(end - writer.position);
      report(end, size);
    }
    while (writer.position < end) {
      const bytes = Math.min(pieceBytes, end - writer.position);
      hash.update(zeros.subarray(0, bytes));
      writer.skip(bytes);
      report(writer.position, size);
      await turn(); // yield to the event loop, as no read does here
      signal.throwIfAborted();
    }
  };
  const onPiece = async (done: number, piece: Uint8Array): Promise<void> => {
    await writer.write(piece);
    report(done, size);
  };
  for (const { begin, end } of ranges) {
    await skipTo(Math.min(begin, size));
    await hashRange(from, hash, { begin: writer.position, end: Math.min(end, size) }, onPiece, signal);
  }
  await skipTo(size);
  await writer.finish();
  return isHashed ? hash.digest('hex') : undefined;
}
