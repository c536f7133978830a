import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';

import type { Attempt } from '../worker-protocol.js';
import { Changes } from './changes.js';
import { encodeFrames, framesIn, maxFrameBytes, type OutputStream, wholeFramesBefore } from './frames.js';
import { readBlock } from './marks.js';
import { writeAll } from './output-file.js';

/** How much of an output is kept, in bytes, with the 8 of each frame. */
export interface SpoolLimits {
  /** Of its start. */
  readonly headBytes: number;
  /** Of its end. */
  readonly tailBytes: number;
}

/** What is kept of an output unless an agent is told otherwise. */
export const defaultSpoolLimits: SpoolLimits = { headBytes: 8 * 1024 ** 2, tailBytes: 2 * 1024 ** 2 };

const fileMode = 0o600;
const key = '';

/**
 * What one attempt writes, on the disk of its host until `jobs` has it: its start in one file, and while it goes on after
 * that, its end in two further ones by turns. When it is closed, the end follows the start, with a note of what was left
 * out between them. Nothing that was read of it changes.
 */
export class Spool {
  readonly attempt: Attempt;
  readonly #path: string;
  readonly #limits: SpoolLimits;
  readonly #head: FileHandle;
  readonly #changes = new Changes();
  #headSize = 0;
  #tail: { readonly handle: FileHandle; size: number } | undefined;
  /** How many files the end has had. */
  #tails = 0;
  #rest: { readonly handle: FileHandle | undefined; readonly size: number } | undefined;
  #trouble: unknown;
  readonly #closed = new AbortController();
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, attempt: Attempt, limits: SpoolLimits, head: FileHandle) {
    this.#path = path;
    this.attempt = attempt;
    this.#limits = limits;
    this.#head = head;
  }

  /** Makes that of an attempt that begins. @throws the operating system's error */
  static async create(path: string, attempt: Attempt, limits: SpoolLimits): Promise<Spool> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    await rm(restPathOf(path), { force: true });
    return new Spool(path, attempt, limits, await open(path, flags, fileMode));
  }

  /** Opens what an agent that was killed has left, and closes it. @throws the operating system's error */
  static async recover(
    path: string,
    tails: readonly number[],
    attempt: Attempt,
    limits: SpoolLimits,
  ): Promise<Spool> {
    const spool = new Spool(path, attempt, limits, await open(path, constants.O_RDWR | constants.O_NOFOLLOW));
    for (let isEnd = false; !isEnd;) {
      const whole = wholeFramesBefore(await readBlock(spool.#head, spool.#headSize));
      spool.#headSize += whole;
      isEnd = whole === 0;
    }
    spool.#tails = Math.max(-1, ...tails) + 1;
    await spool.close();
    return spool;
  }

  /** Aborts when nothing comes any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** The offset that follows what may be read by now. */
  get size(): number {
    return this.#headSize + (this.#rest?.size ?? 0);
  }

  /** Why something could not be written, and was left out. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** Appends what was written. What cannot be kept is left out: whoever writes it is not to fail by that. */
  write(stream: OutputStream, atMs: number, bytes: Uint8Array): Promise<void> {
    this.#last = this.#last
      .then(async () => {
        for (let at = 0; at < bytes.length; at += maxFrameBytes) {
          await this.#append(encodeFrames(stream, atMs, bytes.subarray(at, at + maxFrameBytes)));
        }
      })
      .catch((error: unknown) => {
        this.#trouble ??= error;
      });
    return this.#last;
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#last = this.#last.then(async () => {
      if (!this.closed.aborted) {
        this.#rest = await this.#closeTail().catch((error: unknown) => {
          this.#trouble ??= error;
          return undefined;
        });
        this.#closed.abort();
        this.#changes.notify(key);
      }
    });
    await this.#last;
  }

  /** Yields its bytes from an offset on, as they come, until it is closed. */
  async *follow(from: number, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const reader = this.#changes.read(key, signal);
    try {
      for (let offset = from; !signal.aborted;) {
        const isClosed = this.closed.aborted;
        reader.look();
        const block = await this.#read(offset);
        offset += block.length;
        if (block.length > 0) {
          yield block;
        } else if (isClosed) {
          return;
        } else {
          await reader.changed();
        }
      }
    } finally {
      reader.close();
    }
  }

  /** Closes its files, and leaves them there. */
  async release(): Promise<void> {
    await this.close();
    await Promise.all([this.#head.close(), this.#rest?.handle?.close()]);
  }

  /** Removes its files. */
  async remove(): Promise<void> {
    await this.release();
    await Promise.all([this.#path, restPathOf(this.#path)].map((path) => rm(path, { force: true })));
  }

  async #append(frame: Buffer): Promise<void> {
    if (this.#tails === 0 && this.#headSize + frame.length <= this.#limits.headBytes) {
      await writeAll(this.#head, frame, this.#headSize);
      this.#headSize += frame.length;
      this.#changes.notify(key);
      return;
    }
    if (this.#tail === undefined || this.#tail.size + frame.length > this.#limits.tailBytes) {
      await this.#tail?.handle.close();
      await rm(this.#tailPath(this.#tails - 2), { force: true });
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
      this.#tail = { handle: await open(this.#tailPath(this.#tails), flags, fileMode), size: 0 };
      this.#tails += 1;
    }
    await writeAll(this.#tail.handle, frame, this.#tail.size);
    this.#tail.size += frame.length;
  }

  async #read(offset: number): Promise<Buffer> {
    if (offset >= this.#headSize) {
      const rest = this.#rest?.handle;
      return rest === undefined ? Buffer.alloc(0) : readBlock(rest, offset - this.#headSize);
    }
    const block = await readBlock(this.#head, offset);
    return block.subarray(0, this.#headSize - offset);
  }

  /** Puts what follows the start in a file of its own, and removes those of the end. */
  async #closeTail(): Promise<{ readonly handle: FileHandle | undefined; readonly size: number }> {
    await this.#tail?.handle.truncate(this.#tail.size); // behind it is at most what could not be written whole
    await this.#tail?.handle.close();
    this.#tail = undefined;
    await this.#head.truncate(this.#headSize);
    await this.#head.datasync();
    const path = restPathOf(this.#path);
    const known = await openIfThere(path);
    if (known === undefined && this.#tails > 0) {
      await this.#writeRest(path);
    }
    const last = [2, 1].map((back) => this.#tailPath(this.#tails - back));
    await Promise.all(last.map((each) => rm(each, { force: true })));
    const handle = known ?? (await openIfThere(path));
    return { handle, size: handle === undefined ? 0 : (await handle.stat()).size };
  }

  async #writeRest(path: string): Promise<void> {
    const tails = await Promise.all([2, 1].map((back) => this.#readTail(this.#tails - back)));
    const handle = await open(`${path}.new`, 'w', fileMode);
    try {
      await writeAll(handle, this.#joined(Buffer.concat(tails)), 0);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
  }

  /** Returns the last frames that are not too much, after a note of what was left out, if anything was. */
  #joined(tail: Buffer): Buffer {
    const dropped = Math.max(0, this.#tails - 2) * this.#limits.tailBytes;
    const excess = Math.max(0, tail.length - this.#limits.tailBytes);
    const frames = [...framesIn(tail)];
    const first = frames.find(({ start }) => start >= excess);
    const from = first?.start ?? tail.length;
    if (dropped + from === 0) {
      return tail;
    }
    const { headBytes, tailBytes } = this.#limits;
    const [left, head, end] = [dropped + from, headBytes, tailBytes].map(sizeText);
    const note = `\n[patchbay: about ${String(left)} of output were left out here; the first ${String(head)} and the last ${String(end)} are kept]\n`;
    const atMs = first?.atMs ?? frames.at(-1)?.atMs ?? 0;
    return Buffer.concat([encodeFrames('err', atMs, Buffer.from(note)), tail.subarray(from)]);
  }

  async #readTail(nth: number): Promise<Buffer> {
    const bytes = await readFile(this.#tailPath(nth)).catch(() => Buffer.alloc(0));
    return bytes.subarray(0, wholeFramesBefore(bytes));
  }

  #tailPath(nth: number): string {
    return `${this.#path}.tail-${String(nth)}`;
  }
}

function restPathOf(path: string): string {
  return `${path}.rest`;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function sizeText(bytes: number): string {
  return bytes >= 1024 ** 2 ? `${String(Math.round(bytes / 1024 ** 2))} MiB` : `${String(bytes)} bytes`;
}
