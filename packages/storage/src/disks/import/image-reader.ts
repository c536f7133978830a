import { type FileHandle, open } from 'node:fs/promises';

import { formatBytes, quoted } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { type Exec, ExecError } from '../../exec.js';
import { type PoolDirectory } from '../file/pool-directory.js';
import { outOfSpace, poolFull } from '../file/pool-error.js';
import { copyHashed } from './hash-file.js';
import { detectFormat } from './image-format.js';
import { type Report } from './progress.js';
import { type QemuImage, QemuImg, type QemuInfo } from './qemu-img.js';
import { sourceRefused } from './source.js';
import { pathOfOpen } from './source-file.js';

/** An image that was examined: it stands for itself alone, and all of it is there as far as one can tell. */
export interface ReadableImage extends QemuImage {
  /** The size of the disk in it, in bytes; a multiple of 512. */
  readonly sizeBytes: number;
  /** What its data will occupy, in bytes. */
  readonly dataBytes: number;
}

/** Examines images of unknown origin and writes their disks as raw files. */
export class ImageReader {
  readonly #qemuImg: QemuImg;
  readonly #pool: PoolDirectory;
  readonly #maxImageBytes: number;

  /** @param options.maxImageBytes how large an image, or the disk in it, may be */
  constructor(options: {
    readonly exec: Exec;
    readonly pool: PoolDirectory;
    readonly maxImageBytes: number;
  }) {
    this.#qemuImg = new QemuImg(options.exec);
    this.#pool = options.pool;
    this.#maxImageBytes = options.maxImageBytes;
  }

  /** @throws RpcError `SOURCE_REFUSED` for more bytes than an image may have */
  assertSize(source: string, sizeBytes: number): void {
    if (sizeBytes > this.#maxImageBytes) {
      throw sourceRefused(
        source,
        `it has ${formatBytes(sizeBytes)} or more, and ${formatBytes(this.#maxImageBytes)} is the most; the option maxImageBytes says so`,
      );
    }
  }

  /**
   * Finds out what an open file holds.
   * @throws RpcError `SOURCE_REFUSED`, `SOURCE_CORRUPT`; the signal's reason
   */
  async examine(source: string, file: FileHandle, signal: AbortSignal): Promise<ReadableImage> {
    const detected = await detectFormat(file);
    if ('refused' in detected) {
      throw sourceRefused(source, detected.refused);
    }
    if ('corrupt' in detected) {
      throw corrupt(source, detected.corrupt);
    }
    const image = { path: pathOfOpen(file), format: detected.format };
    return this.#explained(source, image, async () => {
      const info = await this.#qemuImg.info(image, signal);
      assertAlone(source, info);
      this.assertSize(source, info['virtual-size']);
      if (!(await this.#qemuImg.isWhole(image, signal))) {
        throw corrupt(source, `parts of the ${image.format} image are missing or damaged`);
      }
      const sizeBytes = Math.ceil(info['virtual-size'] / 512) * 512;
      if (sizeBytes === 0) {
        throw corrupt(source, 'the disk in it has no bytes');
      }
      return { ...image, sizeBytes, dataBytes: await this.#qemuImg.dataBytes(image, signal) };
    });
  }

  /**
   * Writes an image's disk to a raw file and tells the bytes of the disk that are done.
   * @throws RpcError `SOURCE_CORRUPT`, `POOL_FULL`; the signal's reason
   */
  async writeRaw(
    source: string,
    image: ReadableImage,
    path: string,
    report: Report,
    signal: AbortSignal,
  ): Promise<void> {
    const { sizeBytes } = image;
    report(0, sizeBytes);
    await this.#explained(source, image, () =>
      this.#qemuImg.convert(
        image,
        { path, format: 'raw' },
        (percent) => {
          report(Math.floor((sizeBytes * percent) / 100), sizeBytes);
        },
        signal,
      ),
    );
    report(sizeBytes, sizeBytes);
  }

  /**
   * Copies a raw image to a file that is not there yet, holes as holes, in one go with its SHA-256, which it gives
   * in hexadecimal. @throws RpcError `POOL_FULL`; the signal's reason
   */
  async copyRaw(
    source: string,
    image: ReadableImage,
    from: FileHandle,
    path: string,
    report: Report,
    signal: AbortSignal,
  ): Promise<string> {
    const { size } = await from.stat();
    const ranges = await this.#explained(source, image, () => this.#qemuImg.dataRanges(image, signal));
    const to = await open(path, 'wx', 0o600);
    try {
      return await copyHashed(from, to, { size, ranges, report, signal });
    } finally {
      await to.close();
    }
  }

  /** Does something with qemu-img, and says in our terms what it says in its own. */
  async #explained<T>(source: string, image: QemuImage, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ExecError)) {
        throw error;
      }
      const words = error.stderrTail;
      if (outOfSpace.test(words)) {
        throw await poolFull(this.#pool.path, undefined, error);
      }
      if (/File too large|too large for file format/.test(words)) {
        throw sourceRefused(
          source,
          "its disk is larger than any file in the pool's filesystem can be",
          error,
        );
      }
      if (words.includes('lock')) {
        throw sourceRefused(source, 'another program is using it', error);
      }
      if (/not supported|unsupported/i.test(words)) {
        throw sourceRefused(source, lastLine(words, image), error);
      }
      throw corrupt(source, lastLine(words, image) || error.message, error);
    }
  }
}

/** The signature was looked at before; this is what only the format's driver can tell. */
function assertAlone(source: string, info: QemuInfo): void {
  const data = info['format-specific']?.data;
  const other = info['backing-filename'] ?? data?.['data-file'];
  if (other !== undefined) {
    throw sourceRefused(source, `it refers to another file, ${quoted(other)}; flatten it first`);
  }
  if (info.encrypted === true) {
    throw sourceRefused(source, 'it is encrypted');
  }
  if (data?.corrupt === true) {
    throw corrupt(source, 'it is marked as corrupt');
  }
}

function corrupt(source: string, why: string, cause?: unknown): Error {
  return storageError('SOURCE_CORRUPT', `cannot import ${quoted(source)}: ${why}`, { cause });
}

/** Gives the tool's last words, without the name under which it saw the file. */
function lastLine(words: string, image: QemuImage): string {
  const line = words.trim().split('\n').at(-1) ?? '';
  return line
    .replace(/^qemu-img: /, '')
    .replace(/json:\{.*?\}\}/g, 'it')
    .replaceAll(image.path, 'it');
}
