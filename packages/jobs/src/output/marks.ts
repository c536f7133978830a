import { type FileHandle, open } from 'node:fs/promises';

import { frameHeaderBytes, framesIn, maxFrameBytes } from './frames.js';

/** How many bytes of output lie between two marks. */
export const markEveryBytes = 1024 * 1024;

const markBytes = 8;

/** How much is read of a file at a time: a whole frame at least. */
const blockBytes = 2 * (maxFrameBytes + frameHeaderBytes);

/** Returns the marks of an output: where its first frame at or after each MiB begins. None where they cannot be read. */
export async function readMarks(path: string): Promise<readonly number[]> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) {
    return [];
  }
  try {
    const bytes = await handle.readFile();
    const marks: number[] = [];
    for (let at = 0; at + markBytes <= bytes.length; at += markBytes) {
      const mark = Number(bytes.readBigUInt64BE(at));
      const nth = Math.floor(mark / markEveryBytes);
      if (nth !== marks.length + 1) {
        break; // what follows is no more trustworthy
      }
      marks.push(mark);
    }
    return marks;
  } finally {
    await handle.close();
  }
}

/** Writes marks, in front of which there are `before` others. */
export async function writeMarks(
  handle: FileHandle,
  before: number,
  marks: readonly number[],
): Promise<void> {
  const bytes = Buffer.alloc(marks.length * markBytes);
  marks.forEach((mark, index) => bytes.writeBigUInt64BE(BigInt(mark), index * markBytes));
  await handle.write(bytes, 0, bytes.length, before * markBytes);
}

/** Leaves the first marks alone. */
export async function truncateMarks(handle: FileHandle, count: number): Promise<void> {
  await handle.truncate(count * markBytes);
}

/** Returns the marks in whole frames, where there are `before` marks in front of them. */
export function marksIn(frames: Buffer, offset: number, before: number): readonly number[] {
  const marks: number[] = [];
  if (Math.floor((offset + frames.length) / markEveryBytes) <= before) {
    return marks;
  }
  for (const { start } of framesIn(frames, offset)) {
    if (start >= (before + marks.length + 1) * markEveryBytes) {
      marks.push(start);
    }
  }
  return marks;
}

/** Returns the last mark at or before an offset; 0 where there is none. */
export function markBefore(marks: readonly number[], offset: number): number {
  return marks.findLast((mark) => mark <= offset) ?? 0;
}

/** Reads what a file has from an offset on, at most as much as two frames. */
export async function readBlock(handle: FileHandle, offset: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(blockBytes);
  const { bytesRead } = await handle.read(block, 0, block.length, offset);
  return block.subarray(0, bytesRead);
}
