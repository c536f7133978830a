import { type FileHandle, open, rm } from 'node:fs/promises';

import { type Clock, quoted } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import type { Exec } from '../../exec.js';
import type { PoolDirectory } from '../file/pool-directory.js';
import { undefinedIfMissing, volumeMissing } from '../file/pool-error.js';
import type {
  ImageImporter,
  ImportedImage,
  ImportOptions,
  ImportProgress,
  ImportSource,
  Upload,
  VolumeRef,
} from '../volume-pool.js';
import { assertChecksum, findChecksum, parseChecksum } from './checksum.js';
import { hashImage, isImageOf } from './compare.js';
import { downloadText, type Received } from './download.js';
import { hashFile } from './hash-file.js';
import { ImageReader, type InspectedImage } from './image-reader.js';
import { type OpenSource, openSource } from './open-source.js';
import { withProgress } from './progress.js';
import { QemuImg } from './qemu-img.js';
import { parseSource, sourceName, sourceRefused } from './source.js';
import { isChanged, pathOfOpen } from './source-file.js';
import { type Compression, compressionOf } from './unpack.js';
import { hashUpload } from './upload.js';
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

/** The disk of a source as a raw file. */
interface RawDisk extends Received, Partial<Unpacked> {
  readonly path: string;
  readonly image: InspectedImage;
}

/** What a compressed source was. */
interface Unpacked {
  readonly compression: Compression;
  readonly unpackedSha256: string | undefined;
}

/** Imports disk images into a pool of files, with qemu-img. */
export class FileImageImporter implements ImageImporter {
  readonly #options: FileImageImporterOptions;
  readonly #reader: ImageReader;
  readonly #policy: WebPolicy;
  readonly #qemuImg: QemuImg;

  constructor(options: FileImageImporterOptions) {
    this.#options = options;
    this.#reader = new ImageReader(options.exec, options.pool, options.maxImageBytes);
    this.#policy = new WebPolicy(options.web);
    this.#qemuImg = new QemuImg(options.exec);
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

    const needsHash = options.sha256 !== undefined;
    await using origin = await openSource(parsed, {
      ...this.#options,
      policy: this.#policy,
      needsHash,
      assertSize: (sizeBytes) => {
        this.#reader.assertSize(name, sizeBytes);
      },
    });
    await using temporary = pool.temporaries.create();
    await using unpacked = pool.temporaries.create();
    const before = await origin.file.stat({ bigint: true });
    const paths = { raw: temporary.path, unpacked: unpacked.path };
    const disk = yield* this.#makeRaw(name, origin, paths, options);
    if (parsed.kind === 'file' && isChanged(before, await origin.file.stat({ bigint: true }))) {
      throw storageError('SOURCE_CORRUPT', `${quoted(name)} was modified during the import; try again`);
    }
    signal.throwIfAborted();
    const { image } = disk;
    // From here on the import is no longer cancelled: the volume appears, or the import fails.
    await pool.use(async () => {
      // Left by an import that was not recorded as done.
      await rm(pool.pathOf(target), { force: true });
      await pool.publish(disk, target, image.sizeBytes);
    });
    const { sizeBytes, format } = image;
    return { sizeBytes, ...checksumsOf(disk), format, verifiedBy: verifierOf(disk, options.sha256) };
  }

  async *compareUpload(
    image: VolumeRef,
    { format, compression, sha256 }: Parameters<ImageImporter['compareUpload']>[1],
    upload: Upload,
    signal: AbortSignal,
  ): AsyncGenerator<ImportProgress, boolean, undefined> {
    const progress = { clock: this.#options.clock, signal };
    if (format !== 'raw' || compression !== undefined) {
      const assertSize = (sizeBytes: number): void => {
        this.#reader.assertSize(sourceName(upload), sizeBytes);
      };
      const found = yield* withProgress('upload', progress, (report, cancelled) =>
        hashUpload(upload, { assertSize, report, signal: cancelled }),
      );
      return found === sha256;
    }
    await using file = await this.#openVolume(image);
    const ranges = await this.#qemuImg.dataRanges({ path: pathOfOpen(file), format }, signal);
    return yield* withProgress('upload', progress, (report, cancelled) =>
      isImageOf(upload, { file, ranges }, report, cancelled),
    );
  }

  async *hashImage(
    image: VolumeRef,
    expected: string,
    signal: AbortSignal,
  ): AsyncGenerator<ImportProgress, string, undefined> {
    await using file = await this.#openVolume(image);
    const { clock } = this.#options;
    return yield* withProgress('read', { clock, signal }, (report, cancelled) =>
      hashImage(file, expected, report, cancelled),
    );
  }

  async #openVolume(volume: VolumeRef): Promise<FileHandle> {
    const { pool } = this.#options;
    const path = pool.pathOf(volume);
    const file = await pool.use(() => undefinedIfMissing(open(path)));
    if (file === undefined) {
      throw volumeMissing(volume, path);
    }
    return file;
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
    const received = yield* this.#hashed(origin, fetched, options.signal);
    await using to = await pool.use(() => open(paths.unpacked, 'wx+', 0o600));
    const unpackedSha256 = yield* withProgress('unpack', progress, (report, cancelled) =>
      pool.use(() =>
        this.#reader.unpack(
          name,
          compression,
          { from: file, to, needsHash: options.sha256 !== undefined },
          report,
          cancelled,
        ),
      ),
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
    origin: OpenSource,
    fetched: (Received & Partial<Unpacked>) | undefined,
    path: string,
    { sha256: expected, raw: isRaw = false, signal }: ImportOptions,
  ): AsyncGenerator<ImportProgress, RawDisk, undefined> {
    const { pool, clock } = this.#options;
    const { phase, file, ownPath } = origin;
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
    const received = yield* this.#hashed(origin, fetched, signal);
    assertChecksum(name, received, expected);
    yield* withProgress('convert', progress, (report, cancelled) =>
      this.#reader.writeRaw(name, image, path, report, cancelled),
    );
    return { path, image, ...received };
  }

  /** Hashes a source that is not in the pool as it is: nothing there could be compared with its checksum later. */
  async *#hashed(
    { phase, file, read }: OpenSource,
    fetched: (Received & Partial<Unpacked>) | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ImportProgress, Received & Partial<Unpacked>, undefined> {
    const progress = { clock: this.#options.clock, signal };
    if (fetched === undefined) {
      return yield* withProgress(phase, progress, read);
    }
    const key = fetched.compression === undefined ? 'sha256' : 'unpackedSha256';
    if (fetched[key] !== undefined) {
      return fetched;
    }
    const hash = yield* withProgress('read', progress, (report, cancelled) =>
      hashFile(file, report, cancelled),
    );
    return { ...fetched, [key]: hash };
  }
}

function checksumsOf({
  sha256,
  compression,
  unpackedSha256,
}: RawDisk): Pick<ImportedImage, 'sha256' | 'compression' | 'unpackedSha256'> {
  return {
    ...(sha256 !== undefined && { sha256 }),
    ...(compression !== undefined && { compression }),
    ...(unpackedSha256 !== undefined && { unpackedSha256 }),
  };
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
