import type { FileHandle } from 'node:fs/promises';

import { type Clock, isHole } from '@patchbay/objects';

import type { ImportProgress, Upload } from '../volume-pool.js';
import { HashedWriter, SparseHash } from './hashed-writer.js';
import { type ReportProgress, withProgress } from './progress.js';

/**
 * Writes an upload to an open, empty file, with backpressure. Returns its SHA-256, hexadecimal; undefined if it is not
 * needed and most of the upload is holes.
 * @throws what `assertSize` throws for its size; what reading throws; the signal's reason
 */
export async function receiveUpload(
  content: Upload,
  file: FileHandle,
  options: {
    needsHash: boolean;
    assertSize: (sizeBytes: number) => void;
    report: ReportProgress;
    signal: AbortSignal;
  },
): Promise<string | undefined> {
  const { needsHash, assertSize, report, signal } = options;
  const writer = new HashedWriter(file, { needsHash });
  const reportPosition = (): void => {
    report(writer.position);
  };
  for await (const chunk of untilAborted(content, signal)) {
    if (isHole(chunk)) {
      assertSize(writer.position + chunk.hole);
      await writer.skip(chunk.hole, reportPosition, signal);
    } else {
      assertSize(writer.position + chunk.length);
      await writer.write(chunk);
      reportPosition();
    }
  }
  return writer.finish();
}

/**
 * Reads an upload and returns its SHA-256, hexadecimal, without storing it; undefined if most of it is holes.
 * @throws what reading throws; the signal's reason
 */
export function hashUpload(
  content: Upload,
  progress: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<ImportProgress, string | undefined, undefined> {
  return withProgress('upload', progress, async (report, signal) => {
    const hash = new SparseHash(false);
    let doneBytes = 0;
    const onDone = (bytes: number): void => {
      doneBytes += bytes;
      report(doneBytes);
    };
    for await (const chunk of untilAborted(content, signal)) {
      if (isHole(chunk)) {
        await hash.skip(chunk.hole, onDone, signal);
      } else {
        hash.update(chunk);
        onDone(chunk.length);
      }
    }
    return hash.digest();
  });
}

/** Reads a stream until the signal aborts, even while the sender sends nothing. */
async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason as Error);
    };
  });
  aborted.catch(() => undefined); // it may reject while nothing awaits it
  signal.addEventListener('abort', abort, { once: true });
  let ended = false;
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) {
        ended = true;
        return;
      }
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    if (!ended) {
      // Not awaited: it would wait for the item that never arrives.
      iterator.return?.().catch(() => undefined);
    }
  }
}
