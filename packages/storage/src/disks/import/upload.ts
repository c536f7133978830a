import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import { isHole, zerosOf } from '@patchbay/objects';

import type { Upload } from '../volume-pool.js';
import { HashedWriter } from './hashed-writer.js';
import { HoleBudget } from './hole-budget.js';
import type { ReportProgress } from './progress.js';

/**
 * Writes an upload to an open, empty file, with backpressure. Returns its SHA-256, hexadecimal; undefined if it is not
 * needed and most of the upload is holes.
 * @throws RpcError `SOURCE_REFUSED` if it is needed, and hashing the holes would take too long; what `assertSize` throws
 *   for its size; what reading throws; the signal's reason
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
  const budget = budgetOf();
  const reportPosition = (): void => {
    report(writer.position);
  };
  for await (const chunk of untilAborted(content, signal)) {
    if (isHole(chunk)) {
      assertSize(writer.position + chunk.hole);
      if (needsHash) {
        budget.hole(chunk.hole);
      }
      await writer.skip(chunk.hole, reportPosition, signal);
    } else {
      assertSize(writer.position + chunk.length);
      budget.data(chunk.length);
      await writer.write(chunk);
      reportPosition();
    }
  }
  return writer.finish();
}

function budgetOf(): HoleBudget {
  return new HoleBudget(
    'upload',
    'upload it without a checksum, or import it as a file of the server or from a URL',
  );
}

/**
 * Reads an upload and returns its SHA-256, hexadecimal, without storing it.
 * @throws RpcError `SOURCE_REFUSED` if hashing its holes would take too long; what `assertSize` throws for its size;
 *   what reading throws; the signal's reason
 */
export async function hashUpload(
  content: Upload,
  { assertSize, report, signal }: Omit<Parameters<typeof receiveUpload>[2], 'needsHash'>,
): Promise<string> {
  const hash = createHash('sha256');
  const budget = budgetOf();
  let doneBytes = 0;
  for await (const chunk of untilAborted(content, signal)) {
    assertSize(doneBytes + (isHole(chunk) ? chunk.hole : chunk.length));
    if (isHole(chunk)) {
      budget.hole(chunk.hole);
    } else {
      budget.data(chunk.length);
    }
    for (const piece of isHole(chunk) ? zerosOf(chunk) : [chunk]) {
      hash.update(piece);
      doneBytes += piece.length;
      report(doneBytes);
      await turn(); // yield to the event loop, as nothing is read or written here
      signal.throwIfAborted();
    }
  }
  return hash.digest('hex');
}

/** Reads a stream until the signal aborts, even while the sender sends nothing. */
export async function* untilAborted<T>(
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
