import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import type { Clock } from '@patchbay/objects';

import type { ImportProgress } from '../volume-pool.js';
import { type ReportProgress, withProgress } from './progress.js';
import { SparseWriter } from './sparse-writer.js';

/**
 * Writes an upload to an open, empty file, with backpressure, and returns its SHA-256, hexadecimal.
 * @throws what `assertSize` throws for its size; what reading throws; the signal's reason
 */
export async function receiveUpload(
  content: AsyncIterable<Buffer>,
  file: FileHandle,
  options: { assertSize: (sizeBytes: number) => void; report: ReportProgress; signal: AbortSignal },
): Promise<string> {
  const writer = new SparseWriter(file);
  const hash = createHash('sha256');
  for await (const chunk of untilAborted(content, options.signal)) {
    options.assertSize(writer.position + chunk.length);
    hash.update(chunk);
    await writer.write(chunk);
    options.report(writer.position);
  }
  await writer.finish();
  return hash.digest('hex');
}

/** Reads an upload and returns its SHA-256, hexadecimal, without storing it. */
export function hashUpload(
  content: AsyncIterable<Buffer>,
  progress: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<ImportProgress, string, undefined> {
  return withProgress('upload', progress, async (report, signal) => {
    const hash = createHash('sha256');
    let doneBytes = 0;
    for await (const chunk of untilAborted(content, signal)) {
      hash.update(chunk);
      doneBytes += chunk.length;
      report(doneBytes);
    }
    return hash.digest('hex');
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
