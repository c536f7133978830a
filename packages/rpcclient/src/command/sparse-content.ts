import { close, createReadStream, fstatSync, read, type Stats } from 'node:fs';
import { promisify } from 'node:util';

import { type Hole, isHole, type MethodDescription, zerosOf } from '@patchbay/objects';

import { dataRanges } from './data-ranges.js';

/** How much of a file is read at a time, in bytes. */
const chunkBytes = 256 * 1024;
/** Fewer zeros are sent as they are, in bytes. */
const minimumZeroBytes = 4096;
const zeros = Buffer.alloc(chunkBytes);

type Chunk = Uint8Array | string | Hole;

/** Reports whether a method has an argument whose stream of bytes may have holes. */
export function takesHoles({ args, options }: MethodDescription): boolean {
  return [...args, ...options]
    .flatMap(({ schema }) => [schema, ...((schema.anyOf ?? []) as readonly Record<string, unknown>[])])
    .some(({ holes }) => holes === true);
}

/** Reads an open file to its end and closes it. The holes of a regular file are not read. */
export async function* fileChunks(fd: number, path: string): AsyncGenerator<Chunk, void, undefined> {
  const stats = fstatSync(fd);
  if (stats.isFile()) {
    yield* regularFileChunks(fd, stats);
  } else {
    yield* createReadStream(path, { fd, highWaterMark: chunkBytes }) as AsyncIterable<Buffer>;
  }
}

async function* regularFileChunks(fd: number, stats: Stats): AsyncGenerator<Chunk, void, undefined> {
  try {
    let position = 0;
    // What was appended meanwhile is read too.
    const rest = { begin: stats.size, end: Infinity };
    for (const { begin, end } of [...(await dataRanges(fd, stats)), rest]) {
      if (begin > position) {
        yield { hole: begin - position };
        position = begin;
      }
      while (position < end) {
        // A new buffer for each: the last one may still be in transit.
        const length = Math.min(chunkBytes, end - position);
        const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(length), 0, length, position);
        if (bytesRead === 0) {
          return;
        }
        yield buffer.subarray(0, bytesRead);
        position += bytesRead;
      }
    }
  } finally {
    close(fd);
  }
}

const readAt = promisify(read) as (
  fd: number,
  buffer: Buffer,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesRead: number; buffer: Buffer }>;

/**
 * Makes one hole of zeros and holes that follow each other, if the other side takes holes, and otherwise zeros of holes.
 * @param accepted asked when there are zeros, so that a stream without them costs no question
 */
export async function* sparse(
  chunks: AsyncIterable<Chunk>,
  accepted: () => Promise<boolean>,
): AsyncGenerator<Chunk, void, undefined> {
  let hole = 0;
  for await (const chunk of chunks) {
    const zeroBytes = zeroBytesIn(chunk);
    if (zeroBytes > 0 && (await accepted())) {
      hole += zeroBytes;
      continue;
    }
    if (hole > 0) {
      yield { hole };
      hole = 0;
    }
    if (isHole(chunk)) {
      yield* zerosOf(chunk);
    } else {
      yield chunk;
    }
  }
  if (hole > 0) {
    yield { hole };
  }
}

/** Returns the length of a chunk that is all zeros; 0 for any other. */
function zeroBytesIn(chunk: Chunk): number {
  if (typeof chunk === 'string') {
    return 0;
  }
  if (isHole(chunk)) {
    return chunk.hole;
  }
  const { length } = chunk;
  const isLongEnough = length >= minimumZeroBytes && length <= zeros.length;
  return isLongEnough && chunk[0] === 0 && zeros.compare(chunk, 0, length, 0, length) === 0 ? length : 0;
}
