import { renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { coreError, type Hole, isHole, quoted, zerosOf } from '@patchbay/objects';
import { outputError } from '@patchbay/terminal';

import type { CommandContext, Output } from './context.js';

/** Takes the bytes that a method yields. */
export interface ByteOutput {
  /** Writes a chunk; a slow destination slows the method down. @throws RpcError `OUTPUT_FAILED`, `OUTPUT_FULL` */
  write(chunk: Uint8Array | Hole): Promise<void>;
  /** Completes the output. @throws RpcError `OUTPUT_FAILED`, `OUTPUT_FULL` */
  finish(): Promise<void>;
  /** Removes what was written, unless it was finished. */
  discard(): Promise<void>;
}

/**
 * Opens a file, or else standard output, for a method's bytes.
 * @throws RpcError `OUTPUT_REQUIRED` where standard output is a terminal or carries something else
 */
export function openByteOutput(path: string | undefined, context: CommandContext, out: Output): ByteOutput {
  if (path !== undefined) {
    return new FileOutput(path);
  }
  if (out !== context.out || out.isTerminal) {
    const advice = 'name a file with --output FILE, or redirect standard output';
    throw coreError('OUTPUT_REQUIRED', `the method returns bytes, which are not for a terminal: ${advice}`);
  }
  return {
    write: async (chunk) => {
      for (const piece of isHole(chunk) ? zerosOf(chunk) : [chunk]) {
        context.output.write(piece);
        await out.ready();
      }
    },
    finish: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

/**
 * A file that gets its name only when it is complete, with holes where the method yields them; anything but a plain
 * file, such as a pipe, is written directly.
 */
class FileOutput implements ByteOutput {
  readonly #path: string;
  readonly #partPath: string;
  readonly #isPart: boolean;
  readonly #opened: Promise<FileHandle>;
  #position = 0;
  #endsInHole = false;
  #finished = false;

  constructor(path: string) {
    this.#path = path;
    this.#isPart = !isSpecial(path);
    this.#partPath = this.#isPart ? `${path}.part` : path;
    this.#opened = open(this.#partPath, 'w');
    this.#opened.catch(() => undefined); // reported by the first write
  }

  write(chunk: Uint8Array | Hole): Promise<void> {
    return this.#reportErrors(async (file) => {
      if (this.#isPart && isHole(chunk)) {
        // Releases what the filesystem preallocated after the data, which the hole would keep.
        await file.truncate(this.#position);
        this.#position += chunk.hole;
        this.#endsInHole = true;
        return;
      }
      for (const piece of isHole(chunk) ? zerosOf(chunk) : [chunk]) {
        await this.#writeAll(file, piece);
      }
    });
  }

  async finish(): Promise<void> {
    await this.#reportErrors(async (file) => {
      if (this.#endsInHole) {
        await file.truncate(this.#position);
      }
      await file.close();
      if (this.#isPart) {
        renameSync(this.#partPath, this.#path);
      }
    });
    this.#finished = true;
  }

  async discard(): Promise<void> {
    if (this.#finished) {
      return;
    }
    const file = await this.#opened.catch(() => undefined);
    await file?.close().catch(() => undefined); // it may be closed already
    if (this.#isPart) {
      rmSync(this.#partPath, { force: true });
    }
  }

  async #writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.length;) {
      // A pipe has no positions.
      const position = this.#isPart ? this.#position : null;
      const { bytesWritten } = await file.write(piece, done, piece.length - done, position);
      done += bytesWritten;
      this.#position += bytesWritten;
    }
    this.#endsInHole = false;
  }

  async #reportErrors(work: (file: FileHandle) => Promise<void>): Promise<void> {
    try {
      await work(await this.#opened);
    } catch (error) {
      throw outputError(quoted(this.#path), error as Error);
    }
  }
}

/** Reports whether a path is anything but a plain file or free; what cannot be looked at is reported when it is opened. */
function isSpecial(path: string): boolean {
  try {
    return !statSync(path).isFile();
  } catch {
    return false;
  }
}
