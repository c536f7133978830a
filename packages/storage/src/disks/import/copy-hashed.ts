import type { FileHandle } from 'node:fs/promises';

import { type Range, readRange } from './hash-file.js';
import { HashedWriter } from './hashed-writer.js';
import type { ReportProgress } from './progress.js';

/**
 * Copies an open file to an empty one. The bytes outside `ranges` are zeros, which are neither read nor written. Returns
 * the SHA-256 of all bytes, hexadecimal; undefined if it is not needed and `SparseHash` gave it up.
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
  const writer = new HashedWriter(to, { needsHash });
  const reportPosition = (): void => {
    report(writer.position, size);
  };
  const onPiece = async (_position: number, piece: Uint8Array): Promise<void> => {
    await writer.write(piece);
    reportPosition();
  };
  for (const { begin, end } of ranges) {
    await writer.skip(Math.max(0, Math.min(begin, size) - writer.position), reportPosition, signal);
    await readRange(from, { begin: writer.position, end: Math.min(end, size) }, onPiece, signal);
  }
  await writer.skip(size - writer.position, reportPosition, signal);
  return writer.finish();
}
