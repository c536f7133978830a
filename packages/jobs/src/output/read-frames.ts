import { type FileHandle, open } from 'node:fs/promises';

import { isRpcError } from '@patchbay/objects';

import { jobsError } from '../errors.js';
import type { Changes, Reader } from './changes.js';
import { type Frame, framesIn, type OutputStream } from './frames.js';
import { markBefore, readBlock, readMarks } from './marks.js';
import { marksSuffix } from './output-file.js';

/** What is read of a file of output. */
export interface ReadFramesOptions {
  readonly path: string;
  readonly from: number;
  readonly stream?: OutputStream;
  /** Follows the file until this aborts. */
  readonly until: AbortSignal | undefined;
  readonly signal: AbortSignal | undefined;
  /** Notified by the path when there is more in the file. */
  readonly changes: Changes;
  /** Called with the offset that follows what was read. */
  readonly onRead: (offset: number) => void;
}

/** A piece of output. */
export interface Chunk {
  readonly stream: OutputStream;
  readonly atMs: number;
  readonly bytes: Uint8Array;
  /** The offset that follows it. */
  readonly next: number;
}

/**
 * Yields the frames of a file of output, block by block, from an offset on: where that is within one, from its byte on.
 *
 * @throws RpcError `OUTPUT_GONE` where there is no such file, or it has something else
 */
export async function* readFrames(
  options: ReadFramesOptions,
): AsyncGenerator<readonly Frame[], void, undefined> {
  const { path, from, stream, until, signal, changes, onRead } = options;
  const reader = changes.read(path, until, signal);
  let handle: FileHandle | undefined;
  try {
    handle = await openWhenThere(options, reader);
    let offset = markBefore(await readMarks(path + marksSuffix), from);
    for (;;) {
      signal?.throwIfAborted();
      const isLast = until?.aborted !== false;
      reader.look();
      const frames = framesOf(await readBlock(handle, offset), offset);
      offset = frames.at(-1)?.end ?? offset;
      const wanted = frames
        .filter((frame) => frame.end > from && (stream === undefined || frame.stream === stream))
        .map((frame) => cutAt(frame, from));
      if (wanted.length > 0) {
        yield wanted;
      }
      onRead(Math.max(offset, from));
      if (frames.length > 0) {
        continue;
      }
      if (isLast) {
        return;
      }
      await reader.changed();
    }
  } finally {
    reader.close();
    await handle?.close();
  }
}

async function openWhenThere(
  { path, until, signal }: ReadFramesOptions,
  reader: Reader,
): Promise<FileHandle> {
  for (;;) {
    const isLast = until?.aborted !== false;
    reader.look();
    try {
      return await open(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
      if (isLast) {
        const message = 'the output is not there: it was kept for as long as it may be, or its file is lost';
        throw jobsError('OUTPUT_GONE', message, { cause: error });
      }
    }
    await reader.changed();
    signal?.throwIfAborted();
  }
}

function framesOf(block: Buffer, offset: number): readonly Frame[] {
  try {
    return [...framesIn(block, offset)];
  } catch (error) {
    if (isRpcError(error, 'OUTPUT_INVALID')) {
      const message = `the file of the output is damaged at offset ${String(error.details.next)}`;
      throw jobsError('OUTPUT_GONE', message, { cause: error });
    }
    throw error;
  }
}

function cutAt(frame: Frame, from: number): Frame {
  const before = from - (frame.end - frame.bytes.length);
  return before <= 0 ? frame : { ...frame, bytes: frame.bytes.subarray(before) };
}

/** Yields frames as chunks: those of one stream that were written in the same millisecond as one. */
export async function* chunksOf(
  blocks: AsyncIterable<readonly Frame[]>,
): AsyncGenerator<Chunk, void, undefined> {
  for await (const frames of blocks) {
    let together: Frame[] = [];
    for (const frame of frames) {
      const first = together[0];
      if (first !== undefined && (first.stream !== frame.stream || first.atMs !== frame.atMs)) {
        yield chunkOf(together);
        together = [];
      }
      together.push(frame);
    }
    yield chunkOf(together);
  }
}

function chunkOf(frames: readonly Frame[]): Chunk {
  const [first] = frames as readonly [Frame, ...Frame[]];
  const { stream, atMs } = first;
  const bytes = frames.length === 1 ? first.bytes : Buffer.concat(frames.map((frame) => frame.bytes));
  return { stream, atMs, bytes, next: frames.at(-1)?.end ?? first.end };
}
