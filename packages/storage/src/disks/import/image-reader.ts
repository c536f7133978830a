import { type FileHandle, open } from 'node:fs/promises';

import { formatBytes, quoted } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { type Exec, ExecError } from '../../exec.js';
import type { PoolDirectory } from '../file/pool-directory.js';
import { outOfSpace, poolFull } from '../file/pool-error.js';
import { copyHashed } from './copy-hashed.js';
import { isZeroRange } from './hash-file.js';
import { detectFormat, truncated } from './image-format.js';
import { execLimited, headerLimits } from './limited-exec.js';
import { portionOf, type ReportProgress } from './progress.js';
import { QemuImg, type QemuImage, type QemuInfo } from './qemu-img.js';
import { sourceRefused } from './source.js';
import { pathOfOpen } from './source-file.js';
import { type Compression, unpack } from './unpack.js';

/** An image that was inspected: it is self-contained, and complete as far as its format shows. */
export interface InspectedImage extends QemuImage {
  /** The virtual size of the disk, in bytes; a multiple of 512. */
  readonly sizeBytes: number;
  /** The space that its data will occupy, in bytes. */
  readonly dataBytes: number;
}

/** Inspects untrusted images and writes their disks as raw files. */
export class ImageReader {
  readonly #exec: Exec;
  readonly #qemuImg: QemuImg;
  readonly #pool: PoolDirectory;
  readonly #maxImageBytes: number;

  /** @param maxImageBytes the size limit of an image, and of the disk in it */
  constructor(exec: Exec, pool: PoolDirectory, maxImageBytes: number) {
    this.#exec = exec;
    this.#qemuImg = new QemuImg(exec);
    this.#pool = pool;
    this.#maxImageBytes = maxImageBytes;
  }

  /** @throws RpcError `SOURCE_REFUSED` if the size exceeds the limit */
  assertSize(source: string, sizeBytes: number): void {
    if (sizeBytes > this.#maxImageBytes) {
      throw sourceRefused(
        source,
        `its size is ${formatBytes(sizeBytes)} or more, and the limit is ${formatBytes(this.#maxImageBytes)} (option maxImageBytes)`,
      );
    }
  }

  /**
   * Inspects the image in an open file. @throws RpcError `SOURCE_REFUSED`, `SOURCE_CORRUPT`; the signal's reason
   * @param isRaw whether to take what has no image format for a raw disk, whatever it looks like
   */
  async inspect(
    source: string,
    file: FileHandle,
    { isRaw, signal }: { readonly isRaw: boolean; readonly signal: AbortSignal },
  ): Promise<InspectedImage> {
    const detected = await detectFormat(file, isRaw);
    if ('refused' in detected) {
      throw sourceRefused(source, detected.refused);
    }
    if ('corrupt' in detected) {
      throw corrupt(source, detected.corrupt);
    }
    const image = { path: pathOfOpen(file), format: detected.format };
    return this.#translateErrors(source, image, async () => {
      if (detected.format === 'raw' && !detected.isCertain) {
        await this.#assertDisk(source, image, file, signal);
      }
      const info = await this.#qemuImg.info(image, signal);
      assertSelfContained(source, info);
      this.assertSize(source, info['virtual-size']);
      if (!(await this.#qemuImg.isIntact(image, signal))) {
        throw corrupt(source, `parts of the ${image.format} image are missing or damaged`);
      }
      const sizeBytes = Math.ceil(info['virtual-size'] / 512) * 512;
      if (sizeBytes === 0) {
        throw corrupt(source, 'the disk in it is empty');
      }
      if (image.format !== 'raw') {
        await this.#assertWhole(source, image, file, signal);
      }
      return { ...image, sizeBytes, dataBytes: await this.#qemuImg.dataBytes(image, signal) };
    });
  }

  /**
   * Unpacks a source to a new file. Returns the SHA-256 of the unpacked bytes, hexadecimal; undefined if it is not needed
   * and most of them are zeros.
   * @throws RpcError `SOURCE_CORRUPT`, `SOURCE_REFUSED`, `POOL_FULL`; the signal's reason
   */
  async unpack(
    source: string,
    compression: Compression,
    files: { readonly from: FileHandle; readonly to: FileHandle; readonly needsHash: boolean },
    report: ReportProgress,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      return await unpack(this.#exec, compression, files, {
        needsHash: files.needsHash,
        assertSize: (sizeBytes) => {
          this.assertSize(source, sizeBytes);
        },
        makeRoom: (neededBytes) => this.#pool.makeRoom(neededBytes),
        report,
        signal,
      });
    } catch (error) {
      if (!(error instanceof ExecError)) {
        throw error;
      }
      const why = error.stderrTail.trim().split('\n')[0] ?? '';
      throw corrupt(source, `it cannot be unpacked: ${why === '' ? error.message : why}`, error);
    }
  }

  /** Asserts that the file of an image is as long as its tables need. */
  async #assertWhole(source: string, image: QemuImage, file: FileHandle, signal: AbortSignal): Promise<void> {
    const neededBytes = await this.#qemuImg.fileBytes(image, signal);
    const { size } = await file.stat();
    if (size < neededBytes) {
      throw corrupt(source, truncated(size, neededBytes));
    }
  }

  /** Asserts that a file without a common signature has one that is rare, or is blank. */
  async #assertDisk(source: string, image: QemuImage, file: FileHandle, signal: AbortSignal): Promise<void> {
    const nothing = 2;
    const severalThings = 8;
    const options = { signal, okExitCodes: [0, nothing, severalThings] };
    const { exitCode } = await execLimited(this.#exec, headerLimits, ['blkid', '-p', image.path], options);
    if (exitCode !== nothing) {
      return;
    }
    for (const range of await this.#qemuImg.dataRanges(image, signal)) {
      if (!(await isZeroRange(file, range, signal))) {
        throw sourceRefused(
          source,
          'it has no partition table, filesystem or other signature of a disk, and is not blank; if it is a raw disk nevertheless, import it with --raw',
        );
      }
    }
  }

  /**
   * Writes an image's disk to a raw file, and reports its progress in bytes of the disk.
   * @throws RpcError `SOURCE_CORRUPT`, `POOL_FULL`; the signal's reason
   */
  async writeRaw(
    source: string,
    image: InspectedImage,
    path: string,
    report: ReportProgress,
    signal: AbortSignal,
  ): Promise<void> {
    const { sizeBytes } = image;
    report(0, sizeBytes);
    await this.#translateErrors(source, image, () =>
      this.#qemuImg.convert(image, { path, format: 'raw' }, portionOf(sizeBytes, report), signal),
    );
    report(sizeBytes, sizeBytes);
  }

  /**
   * Copies a raw image to a new file, preserving holes, and returns its SHA-256, hexadecimal, computed in the same pass;
   * undefined if it is not needed and most of the image is holes.
   * @throws RpcError `POOL_FULL`; the signal's reason
   */
  async copyRaw(
    source: string,
    image: InspectedImage,
    from: FileHandle,
    { path, needsHash }: { readonly path: string; readonly needsHash: boolean },
    report: ReportProgress,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { size } = await from.stat();
    const ranges = await this.#translateErrors(source, image, () => this.#qemuImg.dataRanges(image, signal));
    await using to = await open(path, 'wx', 0o600);
    return await copyHashed(from, to, { size, ranges, needsHash, report, signal });
  }

  /** Runs work with qemu-img, and converts its errors to ours. */
  async #translateErrors<T>(source: string, image: QemuImage, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ExecError)) {
        throw error;
      }
      const output = error.stderrTail;
      if (outOfSpace.test(output)) {
        throw await poolFull(this.#pool.path, undefined, error);
      }
      if (/File too large|too large for file format/.test(output)) {
        const why = "its disk is larger than the maximum file size of the pool's filesystem";
        throw sourceRefused(source, why, error);
      }
      if (output.includes('lock')) {
        throw sourceRefused(source, 'another program is using it', error);
      }
      if (/not supported|unsupported/i.test(output)) {
        throw sourceRefused(source, lastLine(output, image), error);
      }
      throw corrupt(source, lastLine(output, image) || error.message, error);
    }
  }
}

/** Asserts what the header alone does not show: that the image refers to no other file, and is neither encrypted nor corrupt. */
function assertSelfContained(source: string, info: QemuInfo): void {
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

/** Returns the last line of the tool's output, with the name under which it opened the file replaced by "it". */
function lastLine(output: string, image: QemuImage): string {
  const line = output.trim().split('\n').at(-1) ?? '';
  return line
    .replace(/^qemu-img: /, '')
    .replace(/json:\{.*?\}\}/g, 'it')
    .replaceAll(image.path, 'it');
}
