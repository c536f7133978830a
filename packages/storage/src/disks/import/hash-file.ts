import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import type { ReportProgress } from './progress.js';

/** A part of a file, in bytes; `end` is exclusive. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

const pieceBytes = 1024 * 1024;
const zeros = Buffer.alloc(pieceBytes);

/**
 * Reads a part of a file. @throws the signal's reason
 * @param onPiece called with the end of each piece and its bytes, which are valid until the next call
 */
export async function readRange(
  file: FileHandle,
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
    position += bytesRead;
    await onPiece(position, buffer.subarray(0, bytesRead));
  }
}

/** Reads a part of a file into a hash. @param report called with the end of each piece; @throws the signal's reason */
export async function hashRange(
  file: FileHandle,
  hash: Hash,
  range: Range,
  report: (position: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const onPiece = (position: number, piece: Uint8Array): void => {
    hash.update(piece);
    report(position);
  };
  await readRange(file, range, onPiece, signal);
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
