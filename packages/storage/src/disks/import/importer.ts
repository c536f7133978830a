import { type FileHandle, open, rm } from 'node:fs/promises';

import { type Clock, quoted } from '@patchbay/core';

import { storageError } from '../../errors.js';
import { type Exec } from '../../exec.js';
import { type PoolDirectory } from '../file/pool-directory.js';
import {
  type ImageImporter,
  type ImportedImage,
  type ImportProgress,
  type VolumeRef,
} from '../volume-pool.js';
import { download } from './download.js';
import { ImageReader, type ReadableImage } from './image-reader.js';
import { type Report, withProgress } from './progress.js';
import { parseSource, type Source } from './source.js';
import { hashFile, isChanged, openSourceFile } from './source-file.js';

/** What the importer needs. */
export interface FileImageImporterOptions {
  /** The pool that the images go to. */
  readonly pool: PoolDirectory;
  readonly exec: Exec;
  readonly clock: Clock;
  /** The directories of this host that images may be read from; undefined: anywhere. */
  readonly sourceDirectories?: readonly string[] | undefined;
  /** How long a web server may send nothing, in milliseconds. */
  readonly stallTimeoutMs?: number | undefined;
}

const defaultStallTimeoutMs = 60_000;

/** A source that was opened; disposing of it closes it, and removes what was downloaded. */
interface OpenSource extends AsyncDisposable {
  readonly file: FileHandle;
  /** Fetches or reads the whole source and gives its SHA-256. */
  read(report: Report, signal: AbortSignal): Promise<string>;
}

/** Imports disk images into a pool of files, with qemu-img. */
export class FileImageImporter implements ImageImporter {
  readonly #options: FileImageImporterOptions;
  readonly #reader: ImageReader;

  constructor(options: FileImageImporterOptions) {
    this.#options = options;
    this.#reader = new ImageReader(options.exec, options.pool);
  }

  async *importImage(
    target: VolumeRef,
    source: string,
    options: { readonly sha256?: string | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<ImportProgress, ImportedImage, undefined> {
    const { pool, clock } = this.#options;
    const { signal } = options;
    const progress = { clock, signal };
    pool.pathOf(target);
    const parsed = parseSource(source);
    signal.throwIfAborted();
    await pool.assertAvailable();

    await using origin = await this.#open(parsed);
    const before = await origin.file.stat({ bigint: true });
    const fetching = parsed.kind === 'file' ? 'read' : 'download';
    const sha256 = yield* withProgress(fetching, progress, (report, cancelled) =>
      origin.read(report, cancelled),
    );
    assertChecksum(source, sha256, options.sha256);

    await using temporary = pool.temporaries.create();
    const image = yield* withProgress('convert', progress, (report, cancelled) =>
      this.#convert(source, origin.file, temporary.path, report, cancelled),
    );
    if (parsed.kind === 'file' && isChanged(before, await origin.file.stat({ bigint: true }))) {
      throw storageError('SOURCE_CORRUPT', `${quoted(source)} was written while it was imported; try again`);
    }
    signal.throwIfAborted();
    // From here on there is nothing to cancel at: it appears, or it fails.
    await pool.use(async () => {
      // What an import left that nobody recorded as done.
      await rm(pool.pathOf(target), { force: true });
      await pool.publish(temporary, target, image.sizeBytes);
    });
    return { sizeBytes: image.sizeBytes, sha256, format: image.format };
  }

  async #convert(
    source: string,
    file: FileHandle,
    path: string,
    report: Report,
    signal: AbortSignal,
  ): Promise<ReadableImage> {
    const { pool } = this.#options;
    const image = await this.#reader.examine(source, file, signal);
    await pool.use(() => pool.assertRoom(image.dataBytes));
    await this.#reader.writeRaw(source, image, path, report, signal);
    return image;
  }

  async #open(source: Source): Promise<OpenSource> {
    if (source.kind === 'file') {
      const file = await openSourceFile(source.path, this.#options.sourceDirectories);
      return {
        file,
        read: (report, signal) => hashFile(file, report, signal),
        [Symbol.asyncDispose]: () => file.close(),
      };
    }
    const { pool, clock, stallTimeoutMs = defaultStallTimeoutMs } = this.#options;
    const temporary = pool.temporaries.create();
    const file = await pool.use(() => open(temporary.path, 'wx+', 0o600));
    const assertRoom = (neededBytes: number): Promise<void> => pool.assertRoom(neededBytes);
    return {
      file,
      read: (report, signal) =>
        pool.use(() => download(source.url, file, { clock, stallTimeoutMs, assertRoom, report, signal })),
      [Symbol.asyncDispose]: async () => {
        await file.close();
        await temporary[Symbol.asyncDispose]();
      },
    };
  }
}

function assertChecksum(source: string, sha256: string, expected: string | undefined): void {
  if (expected !== undefined && expected.toLowerCase() !== sha256) {
    throw storageError(
      'CHECKSUM_MISMATCH',
      `${quoted(source)} has the SHA-256 ${sha256}, not ${quoted(expected)}`,
      {
        details: { actual: sha256, expected },
      },
    );
  }
}
