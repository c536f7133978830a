import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

import { coreError, quoted } from '@patchbay/objects';
import { outputError } from '@patchbay/terminal';

import type { CommandContext, Output } from './context.js';

/** Takes the bytes that a method yields. */
export interface ByteOutput {
  /** Writes a chunk; a slow destination slows the method down. @throws RpcError `OUTPUT_FAILED`, `OUTPUT_FULL` */
  write(chunk: Uint8Array): Promise<void>;
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
      context.output.write(chunk);
      await out.ready();
    },
    finish: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

/** A file that gets its name only when it is complete; anything but a plain file, such as a pipe, is written directly. */
class FileOutput implements ByteOutput {
  readonly #path: string;
  readonly #partPath: string;
  readonly #stream: WriteStream;
  #failure: Error | undefined;
  #finished = false;

  constructor(path: string) {
    this.#path = path;
    this.#partPath = isSpecial(path) ? path : `${path}.part`;
    this.#stream = createWriteStream(this.#partPath);
    this.#stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#stream.write(chunk) && this.#failure === undefined) {
      await once(this.#stream, 'drain').catch(() => undefined); // recorded in #failure
    }
    this.#assertNoFailure();
  }

  async finish(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream).catch(() => undefined); // recorded in #failure
    this.#assertNoFailure();
    if (this.#partPath !== this.#path) {
      try {
        renameSync(this.#partPath, this.#path);
      } catch (error) {
        throw outputError(quoted(this.#path), error as Error);
      }
    }
    this.#finished = true;
  }

  async discard(): Promise<void> {
    if (this.#finished) {
      return;
    }
    this.#stream.destroy();
    if (!this.#stream.closed) {
      await once(this.#stream, 'close');
    }
    if (this.#partPath !== this.#path) {
      rmSync(this.#partPath, { force: true });
    }
  }

  #assertNoFailure(): void {
    if (this.#failure !== undefined) {
      throw outputError(quoted(this.#path), this.#failure);
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
