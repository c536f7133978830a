import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { jobsError } from '../errors.js';
import { wholeFrames, wholeFramesBefore } from './frames.js';
import { marksIn, readBlock, readMarks, truncateMarks, writeMarks } from './marks.js';

/** The end of the name of the file that has the marks of an output. */
export const marksSuffix = '.marks';

const fileMode = 0o600;

/** The file that one attempt's output is appended to: whole frames, and beside it their marks. */
export class OutputFile {
  readonly #path: string;
  readonly #frames: FileHandle;
  readonly #marks: FileHandle;
  #size = 0;
  #markCount = 0;
  #isNew: boolean;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, frames: FileHandle, marks: FileHandle, isNew: boolean) {
    this.#path = path;
    this.#frames = frames;
    this.#marks = marks;
    this.#isNew = isNew;
  }

  /** Opens it, or makes it; a frame that was cut off by a crash is removed. @throws the operating system's error */
  static async open(path: string): Promise<OutputFile> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const frames = await open(path, flags, fileMode);
    try {
      const marks = await open(path + marksSuffix, flags, fileMode);
      try {
        const { size } = await frames.stat();
        const file = new OutputFile(path, frames, marks, size === 0);
        await file.#recover(size);
        return file;
      } catch (error) {
        await marks.close();
        throw error;
      }
    } catch (error) {
      await frames.close();
      throw error;
    }
  }

  /** The offset that follows its last frame. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends whole frames. Those that it has are left out, so that the same may come again.
   *
   * @param offset of the first of them
   * @param maxBytes how large the file may become
   * @returns whether it has more by them
   * @throws RpcError `OUTPUT_GAP` where it lacks what is in front of them, `OUTPUT_INVALID` where they are others than
   *   it has, `OUTPUT_TOO_LARGE`; and the operating system's error
   */
  append(offset: number, frames: Buffer, maxBytes: number): Promise<boolean> {
    const appended = this.#last.then(() => this.#append(offset, frames, maxBytes));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  /** Makes durable what was appended. @throws the operating system's error */
  async sync(): Promise<void> {
    await this.#last;
    await this.#frames.datasync();
    if (this.#isNew) {
      const directory = await open(dirname(this.#path), 'r');
      await directory.sync().finally(() => directory.close());
      this.#isNew = false;
    }
  }

  /** Closes it. */
  async close(): Promise<void> {
    await this.#last;
    await Promise.all([this.#frames.close(), this.#marks.close()]);
  }

  async #append(offset: number, frames: Buffer, maxBytes: number): Promise<boolean> {
    checkNoGap(offset, this.#size);
    const had = Math.min(this.#size - offset, frames.length);
    if (had > 0 && wholeFrames(frames.subarray(0, had), offset) !== had) {
      const message = `the output has frames until offset ${String(this.#size)}, and others than were sent: send what follows it`;
      throw jobsError('OUTPUT_INVALID', message, { details: { next: this.#size } });
    }
    const added = frames.subarray(had);
    if (added.length === 0) {
      return false;
    }
    if (this.#size + added.length > maxBytes) {
      const message = `the output of one attempt may have at most ${String(maxBytes)} bytes: let it write less`;
      throw jobsError('OUTPUT_TOO_LARGE', message, { details: { next: this.#size, maxBytes } });
    }
    try {
      await writeAll(this.#frames, added, this.#size);
    } catch (error) {
      await this.#frames.truncate(this.#size); // readers must see whole frames
      throw error;
    }
    const marks = marksIn(added, this.#size, this.#markCount);
    this.#size += added.length;
    await this.#addMarks(marks);
    return true;
  }

  async #addMarks(marks: readonly number[]): Promise<void> {
    if (marks.length > 0) {
      await writeMarks(this.#marks, this.#markCount, marks);
      this.#markCount += marks.length;
    }
  }

  /** Finds the end of the last whole frame, from the last mark on; without one, or where that is wrong, from the start. */
  async #recover(size: number): Promise<void> {
    const known = (await readMarks(this.#path + marksSuffix)).filter((mark) => mark < size);
    const isFound = known.length > 0 && (await this.#scan(known));
    if (!isFound) {
      await this.#scan([]);
    }
    if (this.#size < size) {
      await this.#frames.truncate(this.#size);
    }
    await truncateMarks(this.#marks, this.#markCount);
  }

  async #scan(known: readonly number[]): Promise<boolean> {
    const from = known.at(-1) ?? 0;
    this.#size = from;
    this.#markCount = known.length;
    for (;;) {
      const block = await readBlock(this.#frames, this.#size);
      const whole = wholeFramesBefore(block);
      if (whole === 0) {
        return this.#size > from;
      }
      const marks = marksIn(block.subarray(0, whole), this.#size, this.#markCount);
      this.#size += whole;
      await this.#addMarks(marks);
    }
  }
}

/** @throws RpcError `OUTPUT_GAP` */
export function checkNoGap(offset: number, size: number): void {
  if (offset > size) {
    const message = `the output ends at offset ${String(size)}, and offset ${String(offset)} was sent: send what follows details.next`;
    throw jobsError('OUTPUT_GAP', message, { details: { next: size } });
  }
}

/** Writes bytes at an offset. @throws the operating system's error */
export async function writeAll(handle: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, offset + at);
    at += bytesWritten;
  }
}
