import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

import { coreError, quoted } from '@patchbay/objects';

import { type Output, type Stage } from './stage.js';

/** Takes the bytes that a method gives. */
export interface ByteOutput {
  /** Writes a piece; a slow destination slows the method. @throws RpcError `OUTPUT_FAILED` */
  write(piece: Uint8Array): Promise<void>;
  /** Ends it: what was written is whole. @throws RpcError `OUTPUT_FAILED` */
  finish(): Promise<void>;
  /** Ends it with nothing left behind, unless it was finished. */
  discard(): Promise<void>;
}

/**
 * Gives what takes a method's bytes: a file, or standard output.
 * @throws RpcError `OUTPUT_REQUIRED` where standard output shall not have them
 */
export function openByteOutput(path: string | undefined, stage: Stage, out: Output): ByteOutput {
  if (path !== undefined) {
    return new FileOutput(path);
  }
  if (out !== stage.out || out.isTerminal) {
    throw coreError(
      'OUTPUT_REQUIRED',
      'the method gives bytes, which are not for a terminal: name a file by --output FILE, or redirect standard output',
    );
  }
  return {
    write: async (piece) => {
      stage.output.write(piece);
      await out.ready();
    },
    finish: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

/** A file that has its name only when it is whole; what is no plain file, such as a pipe, is written as it is. */
class FileOutput implements ByteOutput {
  readonly #path: string;
  readonly #partPath: string;
  readonly #stream: WriteStream;
  #failure: Error | undefined;
  #finished = false;

  constructor(path: string) {
    this.#path = path;
    const isSpecial = statSync(path, { throwIfNoEntry: false })?.isFile() === false;
    this.#partPath = isSpecial ? path : `${path}.part`;
    this.#stream = createWriteStream(this.#partPath);
    this.#stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  async write(piece: Uint8Array): Promise<void> {
    if (!this.#stream.write(piece) && this.#failure === undefined) {
      await once(this.#stream, 'drain').catch(() => undefined); // its error is kept
    }
    this.#assertNoFailure();
  }

  async finish(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream).catch(() => undefined); // its error is kept
    this.#assertNoFailure();
    if (this.#partPath !== this.#path) {
      renameSync(this.#partPath, this.#path);
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
      throw coreError('OUTPUT_FAILED', `cannot write ${quoted(this.#path)}: ${this.#failure.message}`, {
        cause: this.#failure,
      });
    }
  }
}
