import { type FileHandle, open, rm } from 'node:fs/promises';

import { type Clock, quoted } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import type { Exec } from '../../exec.js';
import type { PoolDirectory } from '../file/pool-directory.js';
import type {
  ImageImporter,
  ImportedImage,
  ImportOptions,
  ImportProgress,
  ImportSource,
  VolumeRef,
} from '../volume-pool.js';
import { assertChecksum, findChecksum, parseChecksum } from './checksum.js';
import { download, downloadText, type Received } from './download.js';
import { openDownloadPart } from './download-part.js';
import { hashFile } from './hash-file.js';
import { ImageReader, type InspectedImage } from './image-reader.js';
import { type ReportProgress, withProgress } from './progress.js';
import { parseSource, type Source, sourceName, sourceRefused } from './source.js';
import { isChanged, openSourceFile } from './source-file.js';
import { receiveUpload } from './upload.js';
import { type Compression, compressionOf } from './unpack.js';
import { WebPolicy, type WebPolicyOptions } from './web-policy.js';

/** What the importer needs. */
export interface FileImageImporterOptions {
  readonly pool: PoolDirectory;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly sourceDirectories: readonly string[];
  readonly web: WebPolicyOptions;
  /** The size limit of an image, and of the disk in it. */
  readonly maxImageBytes: number;
  /** How long a web server may send nothing, in milliseconds; default: a minute. */
  readonly stallTimeoutMs?: number | undefined;
}

/** An open source; disposal closes it and removes what was fetched, unless a later download can resume it. */
interface OpenSource extends AsyncDisposable {
  readonly phase: ImportProgress['phase'];
  readonly file: FileHandle;
  /** The path of the file, if it is a temporary file of ours in the pool: a raw one can become the image as it is. */
  readonly ownPath?: string;
  /** Fetches or reads the whole source. */
  readonly read: (report: ReportProgress, signal: AbortSignal) => Promise<Received>;
}

/** The disk of a source as a raw file. */
interface RawDisk extends Omit<Received, 'sha256'>, Partial<Unpacked> {
  readonly sha256: string | undefined;
  readonly path: string;
  readonly image: InspectedImage;
}

/** What a compressed source was. */
interface Unpacked {
  readonly compression: Compression;
  readonly unpackedSha256: string;
}

/** Imports disk images into a pool of files, with qemu-img. */
export class FileImageImporter implements ImageImporter {
  readonly #options: FileImageImporterOptions;
  readonly #reader: ImageReader;
  readonly #policy: WebPolicy;

  constructor(options: FileImageImporterOptions) {
    this.#options = options;
    this.#reader = new ImageReader(options.exec, options.pool, options.maxImageBytes);
    this.#policy = new WebPolicy(options.web);
  }

  async readChecksum(text: string, source: ImportSource, signal: AbortSignal): Promise<string> {
    const digits = parseChecksum(text);
    if (digits !== undefined) {
      return digits;
    }
    const from = parseSource(text);
    if (from.kind !== 'web') {
      throw sourceRefused(text, 'as checksums: give digits, a line of sha256sum, or the URL of such lines');
    }
    const { clock, stallTimeoutMs = 60_000 } = this.#options;
    const sums = await downloadText(from.url, { clock, stallTimeoutMs, policy: this.#policy, signal });
    return findChecksum(sums, text, source);
  }

  async *importImage(
    target: VolumeRef,
    source: ImportSource,
    options: ImportOptions,
  ): AsyncGenerator<ImportProgress, ImportedImage, undefined> {
    const { signal } = options;
    const { pool } = this.#options;
    const name = sourceName(source);
    pool.pathOf(target);
    const parsed = parseSource(source);
    signal.throwIfAborted();
    await pool.assertAvailable();

    await using origin = await this.#open(name, parsed);
    await using temporary = pool.temporaries.create();
    await using unpacked = pool.temporaries.create();
    const before = await origin.file.stat({ bigint: true });
    const paths = { raw: temporary.path, unpacked: unpacked.path };
    const disk = yield* this.#makeRaw(name, origin, paths, options);
    if (parsed.kind === 'file' && isChanged(before, await origin.file.stat({ bigint: true }))) {
      throw storageError('SOURCE_CORRUPT', `${quoted(name)} was modified during the import; try again`);
    }
    signal.throwIfAborted();
    const { sha256, image } = disk;
    // From here on the import is no longer cancelled: the volume appears, or the import fails.
    await pool.use(async () => {
      // Left by an import that was not recorded as done.
      await rm(pool.pathOf(target), { force: true });
      await pool.publish(disk, target, image.sizeBytes);
    });
    const { sizeBytes, format } = image;
    const checksums = { ...(sha256 !== undefined && { sha256 }), ...unpackedOf(disk) };
    return { sizeBytes, ...checksums, format, verifiedBy: verifierOf(disk, options.sha256) };
  }

  async *#makeRaw(
    name: string,
    origin: OpenSource,
    paths: { readonly raw: string; readonly unpacked: string },
    options: ImportOptions,
  ): AsyncGenerator<ImportProgress, RawDisk, undefined> {
    const { pool, clock } = this.#options;
    const progress = { clock, signal: options.signal };
    const { phase, file, ownPath, read } = origin;
    // A remote source is fetched before it is inspected; a local file is inspected first.
    const fetched = ownPath === undefined ? undefined : yield* withProgress(phase, progress, read);
    const compression = await compressionOf(file);
    if (compression === undefined) {
      return yield* this.#toRaw(name, origin, fetched, paths.raw, options);
    }
    const received = fetched ?? (yield* withProgress(phase, progress, read));
    await using to = await pool.use(() => open(paths.unpacked, 'wx+', 0o600));
    const unpackedSha256 = yield* withProgress('unpack', progress, (report, cancelled) =>
      pool.use(() => this.#reader.unpack(name, compression, { from: file, to }, report, cancelled)),
    );
    const all = { ...received, compression, unpackedSha256 };
    return yield* this.#toRaw(
      name,
      { ...origin, file: to, ownPath: paths.unpacked },
      all,
      paths.raw,
      options,
    );
  }

  /** @param fetched undefined for a file that is to be read yet */
  async *#toRaw(
    name: string,
    { phase, file, ownPath, read }: OpenSource,
    fetched: (Received & Partial<Unpacked>) | undefined,
    path: string,
    { sha256: expected, raw: isRaw = false, signal }: ImportOptions,
  ): AsyncGenerator<ImportProgress, RawDisk, undefined> {
    const { pool, clock } = this.#options;
    const progress = { clock, signal };
    assertChecksum(name, fetched, expected);
    const image = await this.#reader.inspect(name, file, { isRaw, signal });
    if (fetched !== undefined && ownPath !== undefined && image.format === 'raw') {
      return { path: ownPath, image, ...fetched };
    }
    await pool.use(() => pool.makeRoom(image.dataBytes));
    if (image.format === 'raw') {
      const sha256 = yield* withProgress(phase, progress, (report, cancelled) =>
        pool.use(() =>
          this.#reader.copyRaw(
            name,
            image,
            file,
            { path, needsHash: expected !== undefined },
            report,
            cancelled,
          ),
        ),
      );
      assertChecksum(name, sha256 === undefined ? undefined : { sha256 }, expected);
      return { path, image, sha256, hasMarkedEnd: true };
    }
    const received = fetched ?? (yield* withProgress(phase, progress, read));
    assertChecksum(name, received, expected);
    yield* withProgress('convert', progress, (report, cancelled) =>
      this.#reader.writeRaw(name, image, path, report, cancelled),
    );
    return { path, image, ...received };
  }

  async #open(name: string, source: Source): Promise<OpenSource> {
    const assertSize = (sizeBytes: number): void => {
      this.#reader.assertSize(name, sizeBytes);
    };
    switch (source.kind) {
      case 'file':
        return this.#openFile(source.path);
      case 'web':
        return this.#openDownload(source.url, assertSize);
      case 'upload':
        return this.#openUpload(source.content, assertSize);
      default:
        return source satisfies never;
    }
  }

  async #openFile(path: string): Promise<OpenSource> {
    const file = await openSourceFile(path, this.#options.sourceDirectories);
    return {
      phase: 'read',
      file,
      read: async (report, signal) => ({ sha256: await hashFile(file, report, signal), hasMarkedEnd: true }),
      [Symbol.asyncDispose]: () => file.close(),
    };
  }

  async #openDownload(url: URL, assertSize: (sizeBytes: number) => void): Promise<OpenSource> {
    const { pool, clock, stallTimeoutMs = 60_000 } = this.#options;
    const part = await pool.use(() => openDownloadPart(pool.temporaries, url));
    const options = {
      clock,
      stallTimeoutMs,
      policy: this.#policy,
      assertSize,
      makeRoom: (neededBytes: number) => pool.makeRoom(neededBytes),
    };
    return {
      phase: 'download',
      file: part.file,
      ownPath: part.path,
      read: (report, signal) => pool.use(() => download(url, part, { ...options, report, signal })),
      [Symbol.asyncDispose]: () => part.close(),
    };
  }

  async #openUpload(
    content: AsyncIterable<Buffer>,
    assertSize: (sizeBytes: number) => void,
  ): Promise<OpenSource> {
    const { pool } = this.#options;
    const temporary = pool.temporaries.create();
    const file = await pool.use(() => open(temporary.path, 'wx+', 0o600));
    return {
      phase: 'upload',
      file,
      ownPath: temporary.path,
      read: (report, signal) =>
        pool.use(async () => {
          const sha256 = await receiveUpload(content, file, { assertSize, report, signal });
          return { sha256, hasMarkedEnd: true };
        }),
      [Symbol.asyncDispose]: async () => {
        await file.close();
        await temporary[Symbol.asyncDispose]();
      },
    };
  }
}

function unpackedOf({ compression, unpackedSha256 }: RawDisk): Partial<Unpacked> {
  return compression === undefined || unpackedSha256 === undefined ? {} : { compression, unpackedSha256 };
}

function verifierOf(
  { image, hasMarkedEnd, sha256, compression }: RawDisk,
  expected: string | undefined,
): ImportedImage['verifiedBy'] {
  if (expected !== undefined) {
    return expected === sha256 ? 'sha256' : 'unpackedSha256';
  }
  if (compression !== undefined) {
    return 'compression';
  }
  return image.format !== 'raw' ? 'format' : hasMarkedEnd ? 'end' : 'nothing';
}
