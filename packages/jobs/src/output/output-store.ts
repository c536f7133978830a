import { unlinkSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock, makeDirectory } from '@patchbay/objects';
import { jobId } from '@patchbay/objects/define';

import { jobsError } from '../errors.js';
import type { Attempt } from '../worker-protocol.js';
import { Changes } from './changes.js';
import { findLines } from './find-lines.js';
import { FrameAssembler, type OutputStream } from './frames.js';
import { checkNoGap, marksSuffix, OutputFile } from './output-file.js';
import { type Chunk, chunksOf, readFrames } from './read-frames.js';

/** Where output is kept, and for how long. */
export interface OutputStoreOptions {
  /** Its own; made if it is not there. */
  readonly directory: string;
  readonly clock: Clock;
  /** How much one attempt may write, in bytes, with the 8 of each frame. Default: 64 MiB. */
  readonly maxBytes?: number | undefined;
  /** How long output is kept, in milliseconds. Default: 14 days. */
  readonly keptMs?: number | undefined;
  /** How much is kept of all output, in bytes; the oldest goes first. Default: 10 GiB. */
  readonly keptBytes?: number | undefined;
}

/** What to read of an output. */
export interface OutputReadOptions {
  /** The offset to begin at. Default: 0. */
  readonly from?: number | undefined;
  /** Default: both. */
  readonly stream?: OutputStream | undefined;
  /** Only the lines in which this is. */
  readonly find?: string | undefined;
  /** Follows the output until this aborts, and reads what there is then. Default: what there is now. */
  readonly until?: AbortSignal | undefined;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** Appends to the output of one attempt. */
export interface OutputWriter {
  /** Appends whole frames. @throws RpcError `OUTPUT_TOO_LARGE`, and the operating system's error */
  write(frames: Buffer): Promise<void>;
  /** Makes it durable, and closes it. @throws the operating system's error */
  close(): Promise<void>;
}

/** What was removed. */
export interface Swept {
  readonly count: number;
  readonly bytes: number;
}

const dayMs = 86_400_000;
const defaults = { maxBytes: 64 * 1024 ** 2, keptMs: 14 * dayMs, keptBytes: 10 * 1024 ** 3 };
const suffix = '.output';

/** A file that uploads write to, and how many do. */
interface OpenFile {
  readonly file: Promise<OutputFile>;
  users: number;
}

/** The output of jobs: a file for each attempt. */
export class OutputStore {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #limits: typeof defaults;
  readonly #open = new Map<string, OpenFile>();
  readonly #changes = new Changes();

  /** @throws the operating system's error where its directory cannot be made */
  constructor({
    directory,
    clock,
    maxBytes = defaults.maxBytes,
    keptMs = defaults.keptMs,
    keptBytes = defaults.keptBytes,
  }: OutputStoreOptions) {
    makeDirectory(directory, 0o700);
    this.#directory = directory;
    this.#clock = clock;
    this.#limits = { maxBytes, keptMs, keptBytes };
  }

  /**
   * Appends what an attempt wrote: frames, in any pieces. What it has already may be sent again, and changes nothing; a
   * frame that is cut off at the end is left out.
   *
   * @param from the offset of the first byte
   * @returns the offset that follows its last frame, which is durable
   * @throws RpcError `OUTPUT_GAP` with where to go on in `details.next`, `OUTPUT_INVALID`, `OUTPUT_TOO_LARGE`; whatever
   *   `pieces` throws; and the operating system's error
   */
  async append(attempt: Attempt, from: number, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    const path = this.#pathOf(attempt);
    const file = await this.#use(path);
    try {
      this.#changes.notify(path);
      checkNoGap(from, file.size);
      const frames = new FrameAssembler(from);
      for await (const piece of pieces) {
        const { offset } = frames;
        if (await file.append(offset, frames.push(piece), this.#limits.maxBytes)) {
          this.#changes.notify(path);
        }
      }
      await file.sync();
      return file.size;
    } finally {
      await this.#release(path);
    }
  }

  /** Opens the output of an attempt of this process, to append to it; it must be closed. @throws the operating system's error */
  async open(attempt: Attempt): Promise<OutputWriter> {
    const path = this.#pathOf(attempt);
    const file = await this.#use(path);
    this.#changes.notify(path);
    return {
      write: async (frames) => {
        await file.append(file.size, frames, this.#limits.maxBytes);
        this.#changes.notify(path);
      },
      close: async () => {
        try {
          if (file.size > 0) {
            await file.sync();
          }
        } finally {
          await this.#release(path);
        }
      },
    };
  }

  /**
   * Reads what an attempt wrote, at the reader's pace; what was read is not kept.
   *
   * @returns the offset that follows what was read
   * @throws RpcError `OUTPUT_GONE` where there is no such file, or its content is no output
   */
  async *read(attempt: Attempt, options: OutputReadOptions = {}): AsyncGenerator<Chunk, number, undefined> {
    const path = this.#pathOf(attempt);
    const { from = 0, stream, find, until, signal } = options;
    let next = from;
    const frames = readFrames({
      ...{ path, from, until, signal, changes: this.#changes },
      onRead: (offset) => {
        next = offset;
      },
      ...(stream === undefined ? {} : { stream }),
    });
    yield* find === undefined ? chunksOf(frames) : findLines(frames, find);
    return next;
  }

  /** Reports whether there is output of an attempt, be it empty. */
  async has(attempt: Attempt): Promise<boolean> {
    return (await stat(this.#pathOf(attempt)).catch(() => undefined)) !== undefined;
  }

  /** Removes what was kept for long enough, and the oldest of what is too much; nothing that is being written. */
  async sweep(): Promise<Swept> {
    const names = await readdir(this.#directory);
    const files = await Promise.all(
      names
        .filter((name) => name.endsWith(suffix))
        .map(async (name) => {
          const path = join(this.#directory, name);
          const found = await stat(path).catch(() => undefined);
          return found === undefined ? [] : [{ path, bytes: found.size, writtenAtMs: found.mtimeMs }];
        }),
    );
    const oldestFirst = files.flat().sort((a, b) => a.writtenAtMs - b.writtenAtMs);
    let left = oldestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
    const before = this.#clock.now() - this.#limits.keptMs;
    const swept = { count: 0, bytes: 0 };
    for (const { path, bytes, writtenAtMs } of oldestFirst) {
      if ((writtenAtMs < before || left > this.#limits.keptBytes) && !this.#open.has(path)) {
        // Not in a later turn, in which somebody may have opened it to write.
        unlinkSync(path);
        unlinkIfThere(path + marksSuffix);
        left -= bytes;
        swept.count += 1;
        swept.bytes += bytes;
      }
    }
    return swept;
  }

  #pathOf({ id, attempt }: Attempt): string {
    if (!jobId.safeParse(id).success || !Number.isSafeInteger(attempt) || attempt < 1) {
      throw jobsError(
        'JOB_NOT_FOUND',
        `${JSON.stringify(id)} is not the id of a job, or has no such attempt`,
      );
    }
    return join(this.#directory, `${id}.${String(attempt)}${suffix}`);
  }

  async #use(path: string): Promise<OutputFile> {
    const used = this.#open.get(path) ?? { file: OutputFile.open(path), users: 0 };
    used.users += 1;
    this.#open.set(path, used);
    try {
      return await used.file;
    } catch (error) {
      this.#open.delete(path);
      throw error;
    }
  }

  async #release(path: string): Promise<void> {
    const used = this.#open.get(path);
    if (used !== undefined && (used.users -= 1) === 0) {
      this.#open.delete(path);
      await (await used.file).close();
    }
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
}
