import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { z } from 'zod';

import type { ResumableFile, TemporaryFiles } from '../file/temporary-files.js';
import { undefinedIfMissing } from '../file/pool-error.js';
import { HashedWriter } from './hashed-writer.js';
import type { ReportProgress } from './progress.js';

/** Identifies the content of a URL, as opposed to a later one. */
export interface Validator {
  /** The ETag or Last-Modified of the server. */
  readonly text: string;
  readonly totalBytes: number;
}

const checkpointSchema = z.object({
  url: z.string(),
  validator: z.object({ text: z.string(), totalBytes: z.int().nonnegative() }),
  doneBytes: z.int().positive(),
});
type Checkpoint = z.infer<typeof checkpointSchema>;

const checkpointEveryBytes = 64 * 1024 * 1024;

/**
 * Opens the file for a URL, with what an earlier download has left.
 * @param needsHash whether to hash also what is mostly zeros
 */
export async function openDownloadPart(
  temporaries: TemporaryFiles,
  url: URL,
  needsHash: boolean,
): Promise<DownloadPart> {
  const key = createHash('sha256').update(url.href).digest('hex').slice(0, 32);
  const temporary = temporaries.resumable(`download-${key}`);
  const checkpoint = await readCheckpoint(temporary.checkpointPath, url);
  const existing = checkpoint && (await undefinedIfMissing(open(temporary.path, 'r+')));
  const file = existing ?? (await open(temporary.path, 'w+', 0o600));
  const { size } = await file.stat();
  const isUsable =
    checkpoint !== undefined &&
    size >= checkpoint.doneBytes &&
    checkpoint.doneBytes < checkpoint.validator.totalBytes;
  await file.truncate(isUsable ? checkpoint.doneBytes : 0);
  return new DownloadPart(temporary, file, { url, needsHash }, isUsable ? checkpoint : undefined);
}

/** The file that a URL is downloaded to. If the server supports resuming, the next download resumes a failed one. */
export class DownloadPart implements AsyncDisposable {
  readonly path: string;
  readonly file: FileHandle;
  readonly #temporary: ResumableFile;
  readonly #url: URL;
  readonly #needsHash: boolean;
  #writer: HashedWriter;
  #validator: Validator | undefined;
  #checkpointedBytes: number;

  /** @param checkpoint what the file holds already; undefined if it is empty */
  constructor(
    temporary: ResumableFile,
    file: FileHandle,
    { url, needsHash }: { readonly url: URL; readonly needsHash: boolean },
    checkpoint: Pick<Checkpoint, 'validator' | 'doneBytes'> | undefined,
  ) {
    this.path = temporary.path;
    this.#temporary = temporary;
    this.file = file;
    this.#url = url;
    this.#validator = checkpoint?.validator;
    this.#checkpointedBytes = checkpoint?.doneBytes ?? 0;
    this.#needsHash = needsHash;
    this.#writer = new HashedWriter(file, { needsHash, position: this.#checkpointedBytes });
  }

  get doneBytes(): number {
    return this.#writer.position;
  }

  /** Identifies the content; undefined if the download cannot be resumed. */
  get validator(): Validator | undefined {
    return this.#validator;
  }

  /** Rereads what an earlier download has left, for the checksum. */
  async rehash(report: ReportProgress, signal: AbortSignal): Promise<void> {
    await this.#writer.rehash((done) => {
      report(done, this.#validator?.totalBytes);
    }, signal);
  }

  /** Discards the content and starts over, with the content of this validator. */
  async restart(validator: Validator | undefined): Promise<void> {
    await this.file.truncate(0);
    this.#writer = new HashedWriter(this.file, { needsHash: this.#needsHash });
    this.#validator = validator;
    this.#checkpointedBytes = 0;
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#writer.write(chunk);
    if (this.doneBytes - this.#checkpointedBytes >= checkpointEveryBytes) {
      await this.#checkpoint();
    }
  }

  /** Completes the file and returns its SHA-256, hexadecimal; undefined if it was given up. */
  finish(): Promise<string | undefined> {
    return this.#writer.finish();
  }

  /** Keeps the file for a later download, if it can be resumed. */
  async keep(): Promise<void> {
    if (this.#validator !== undefined && this.doneBytes > 0) {
      await this.#checkpoint();
      this.#temporary.keep();
    }
  }

  /** Closes the file, and removes it unless it was kept. */
  async close(): Promise<void> {
    await this.file.close();
    await this.#temporary[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Writes a checkpoint, after making the bytes durable that it describes. */
  async #checkpoint(): Promise<void> {
    if (this.#validator !== undefined) {
      await this.#writer.flush();
      await this.file.datasync();
      const { doneBytes } = this;
      const checkpoint: Checkpoint = { url: this.#url.href, validator: this.#validator, doneBytes };
      await this.#temporary.checkpoint(JSON.stringify(checkpoint));
    }
    this.#checkpointedBytes = this.doneBytes;
  }
}

async function readCheckpoint(path: string, url: URL): Promise<Checkpoint | undefined> {
  const text = await undefinedIfMissing(readFile(path, 'utf8'));
  const checkpoint = text === undefined ? undefined : checkpointSchema.parse(JSON.parse(text));
  return checkpoint?.url === url.href ? checkpoint : undefined;
}
