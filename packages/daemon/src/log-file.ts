import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';

import { coreError, systemErrorText } from '@patchbay/objects';

import { type LogDestination, LossCounter, type LostLines } from './log-destination.js';

/** How large a log file may grow, and how many older ones are kept as `FILE.1`, `FILE.2` and so on. */
export interface LogFileOptions {
  readonly maxBytes: number;
  /** At least 1. */
  readonly keep: number;
}

/**
 * Appends to a file that only its owner and group may read, and rotates it before it exceeds `maxBytes`. Writes are
 * synchronous, so that the last lines before an exit are not lost.
 */
export class LogFile implements LogDestination, Disposable {
  readonly #path: string;
  readonly #options: LogFileOptions;
  readonly #losses = new LossCounter();
  #file: number | undefined;

  private constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Opens a log file. @throws RpcError `CONFIG_INVALID` if it cannot be opened; later failures only count as `lost` */
  static open(path: string, options: LogFileOptions): LogFile {
    const file = new LogFile(path, options);
    requireLogFile(() => file.#descriptor());
    return file;
  }

  get lost(): LostLines | undefined {
    return this.#losses.lost;
  }

  write(line: string): void {
    try {
      this.#append(Buffer.from(line));
    } catch (error) {
      this.#losses.add(error);
    }
  }

  reopen(): void {
    this.close(); // the next line opens it again
  }

  /** Closes the file; a later line opens it again. */
  close(): void {
    if (this.#file !== undefined) {
      closeSync(this.#file);
      this.#file = undefined;
    }
  }

  /** Does the same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #append(line: Buffer): void {
    const size = fstatSync(this.#descriptor()).size;
    if (size > 0 && size + line.length > this.#options.maxBytes) {
      this.#rotate();
    }
    const file = this.#descriptor();
    const end = fstatSync(file).size;
    try {
      writeFully(file, line);
    } catch (error) {
      // A full disk may take part of a line: truncate it, so that every line in the file is complete.
      if (fstatSync(file).size > end) {
        ftruncateSync(file, end);
      }
      throw error;
    }
  }

  #descriptor(): number {
    this.#file ??= openSync(this.#path, 'a', 0o640);
    return this.#file;
  }

  #rotate(): void {
    this.close();
    for (let age = this.#options.keep; age > 1; age -= 1) {
      renameIfThere(`${this.#path}.${String(age - 1)}`, `${this.#path}.${String(age)}`);
    }
    renameIfThere(this.#path, `${this.#path}.1`);
  }
}

/** Runs a check of a log file. @throws RpcError `CONFIG_INVALID` if it fails */
export function requireLogFile(check: () => unknown): void {
  try {
    check();
  } catch (error) {
    const { path = '' } = error as NodeJS.ErrnoException;
    const message = `the log file ${path} cannot be opened: ${systemErrorText(error)}`;
    throw coreError('CONFIG_INVALID', message, { cause: error });
  }
}

function writeFully(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
}
