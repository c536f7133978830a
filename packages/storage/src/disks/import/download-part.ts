import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';

import { type LastingTemporary, type TemporaryFiles } from '../file/temporary-files.js';
import { errnoOf } from '../file/pool-error.js';
import { hashRange } from './hash-file.js';
import { type Report } from './progress.js';
import { SparseWriter } from './sparse-writer.js';

/** What tells one content of a URL from another one. */
export interface Validator {
  /** What the server gave it as: its ETag or its Last-Modified. */
  readonly text: string;
  readonly totalBytes: number;
}

const noteSchema = z.object({
  url: z.string(),
  validator: z.object({ text: z.string(), totalBytes: z.int().nonnegative() }),
  doneBytes: z.int().positive(),
});
type Note = z.infer<typeof noteSchema>;

/** How much may come before what is there is noted, in bytes. */
const noteEveryBytes = 64 * 1024 * 1024;

/**
 * The file that a URL is downloaded to. Where the server lets one go on, it is kept for a while when the download
 * breaks, and the next one begins with it.
 */
export class DownloadPart implements AsyncDisposable {
  readonly file: FileHandle;
  readonly #temporary: LastingTemporary;
  readonly #url: string;
  #hash: Hash = createHash('sha256');
  #writer: SparseWriter;
  #validator: Validator | undefined;
  #notedBytes = 0;

  private constructor(temporary: LastingTemporary, file: FileHandle, url: URL) {
    this.#temporary = temporary;
    this.file = file;
    this.#url = url.href;
    this.#writer = new SparseWriter(file);
  }

  /** Opens the file for a URL, with what an earlier download has left of it. */
  static async open(temporaries: TemporaryFiles, url: URL): Promise<DownloadPart> {
    const key = createHash('sha256').update(url.href).digest('hex').slice(0, 32);
    const temporary = temporaries.lasting(`download-${key}`);
    const note = await readNote(temporary.notePath, url);
    const file = await openEither(temporary.path, note !== undefined);
    const part = new DownloadPart(temporary, file, url);
    const { size } = await file.stat();
    if (note !== undefined && size >= note.doneBytes && note.doneBytes < note.validator.totalBytes) {
      await file.truncate(note.doneBytes);
      part.#validator = note.validator;
      part.#writer = new SparseWriter(file, note.doneBytes);
      part.#notedBytes = note.doneBytes;
    } else {
      await part.restart(undefined);
    }
    return part;
  }

  get path(): string {
    return this.#temporary.path;
  }

  get doneBytes(): number {
    return this.#writer.position;
  }

  /** What the content is known by; undefined where one cannot go on with it. */
  get validator(): Validator | undefined {
    return this.#validator;
  }

  /** Reads what an earlier download has left, for the checksum. */
  async readAgain(report: Report, signal: AbortSignal): Promise<void> {
    const { doneBytes } = this;
    await hashRange(
      this.file,
      this.#hash,
      { begin: 0, end: doneBytes },
      (done) => {
        report(done, this.#validator?.totalBytes);
      },
      signal,
    );
  }

  /** Begins anew, with the content of this validator. */
  async restart(validator: Validator | undefined): Promise<void> {
    await this.file.truncate(0);
    this.#hash = createHash('sha256');
    this.#writer = new SparseWriter(this.file);
    this.#validator = validator;
    this.#notedBytes = 0;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    await this.#writer.write(chunk);
    if (this.doneBytes - this.#notedBytes >= noteEveryBytes) {
      await this.#note();
    }
  }

  /** Gives the SHA-256 of all of it, hexadecimal. */
  async finish(): Promise<string> {
    await this.#writer.finish();
    return this.#hash.digest('hex');
  }

  /** Leaves what is there for another download, if one can go on with it. */
  async keep(): Promise<void> {
    if (this.#validator !== undefined && this.doneBytes > 0) {
      await this.#note();
      this.#temporary.keep();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
    await this.#temporary[Symbol.asyncDispose]();
  }

  /** The bytes are durable before the note says so. */
  async #note(): Promise<void> {
    if (this.#validator !== undefined) {
      await this.#writer.finish();
      await this.file.datasync();
      const note: Note = { url: this.#url, validator: this.#validator, doneBytes: this.doneBytes };
      await this.#temporary.note(JSON.stringify(note));
    }
    this.#notedBytes = this.doneBytes;
  }
}

async function readNote(path: string, url: URL): Promise<Note | undefined> {
  try {
    const note = noteSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return note.url === url.href ? note : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

async function openEither(path: string, isThere: boolean): Promise<FileHandle> {
  try {
    return await open(path, isThere ? 'r+' : 'w+', 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') {
      throw error;
    }
    return open(path, 'w+', 0o600);
  }
}
