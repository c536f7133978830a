import { type FileHandle, open } from 'node:fs/promises';

import { type Clock, type Hole, isHole, zerosOf } from '@patchbay/objects';

import { type Exec, ExecError } from '../../exec.js';
import type { PoolDirectory } from '../file/pool-directory.js';
import { outOfSpace, poolFull, undefinedIfMissing, volumeMissing } from '../file/pool-error.js';
import type { Range } from '../import/hash-file.js';
import { SparseHash } from '../import/hashed-writer.js';
import { QemuImg } from '../import/qemu-img.js';
import { isZero } from '../import/sparse-writer.js';
import { portionOf, withProgress } from '../import/progress.js';
import { pathOfOpen } from '../import/source-file.js';
import type {
  ExportedImage,
  ExportFormat,
  ExportOptions,
  ExportProgress,
  ImageExporter,
  VolumeRef,
} from '../volume-pool.js';

/** What the exporter needs. */
export interface FileImageExporterOptions {
  readonly pool: PoolDirectory;
  readonly exec: Exec;
  readonly clock: Clock;
}

/** How much is sent per item, in bytes. */
const pieceBytes = 128 * 1024;
/** The largest hole that is sent as one, in bytes: between two of them progress is reported. */
const maxHoleBytes = 2 ** 30;
const progressEveryMs = 100;

/** Exports image volumes of a pool of files, with qemu-img. */
export class FileImageExporter implements ImageExporter {
  readonly #options: FileImageExporterOptions;
  readonly #qemuImg: QemuImg;

  constructor(options: FileImageExporterOptions) {
    this.#options = options;
    this.#qemuImg = new QemuImg(options.exec);
  }

  async *exportImage(
    volume: VolumeRef,
    format: ExportFormat,
    options: ExportOptions,
  ): AsyncGenerator<Uint8Array | Hole | ExportProgress, ExportedImage, undefined> {
    // Once open it can be read to the end, even if the image is deleted meanwhile.
    await using raw = await this.#open(volume);
    const { signal } = options;
    const { pool, clock } = this.#options;
    const { size } = await raw.file.stat();
    const image = { path: pathOfOpen(raw.file), format: 'raw' as const };
    if (format === 'raw') {
      return yield* this.#send(raw.file, await this.#qemuImg.dataRanges(image, signal), options);
    }
    await pool.use(async () => pool.makeRoom(await this.#qemuImg.dataBytes(image, signal)));
    await using temporary = pool.temporaries.create();
    const steps = withProgress('convert', { clock, signal }, (report, cancelled) =>
      this.#convert(image, { path: temporary.path, format }, portionOf(size, report), cancelled),
    );
    for await (const { doneBytes } of steps) {
      yield { phase: 'convert', doneBytes, totalBytes: size };
    }
    await using file = await open(temporary.path);
    return yield* this.#send(file, [{ begin: 0, end: Infinity }], options);
  }

  async #convert(...args: Parameters<QemuImg['convert']>): Promise<void> {
    try {
      await this.#qemuImg.convert(...args);
    } catch (error) {
      if (error instanceof ExecError && outOfSpace.test(error.stderrTail)) {
        throw await poolFull(this.#options.pool.path, undefined, error);
      }
      throw error;
    }
  }

  /** Sends a file, of which only `ranges` may have other bytes than zeros. */
  async *#send(
    file: FileHandle,
    ranges: readonly Range[],
    { acceptsHoles, needsHash, signal }: ExportOptions,
  ): AsyncGenerator<Uint8Array | Hole | ExportProgress, ExportedImage, undefined> {
    const { clock } = this.#options;
    const { size: totalBytes } = await file.stat();
    const hash = new SparseHash(needsHash);
    let reportedAtMs = -Infinity;
    let doneBytes = 0;
    const progressIfDue = function* (): Generator<ExportProgress, void, undefined> {
      if (clock.monotonicMs() - reportedAtMs >= progressEveryMs || doneBytes === totalBytes) {
        reportedAtMs = clock.monotonicMs();
        yield { phase: 'send', doneBytes, totalBytes };
      }
    };
    yield* progressIfDue();
    for await (const piece of readPieces(file, ranges, totalBytes)) {
      signal.throwIfAborted();
      if (isHole(piece)) {
        await hash.skip(piece.hole, () => undefined, signal);
      } else {
        hash.update(piece);
      }
      for (const sent of isHole(piece) && !acceptsHoles ? zerosOf(piece) : [piece]) {
        yield sent;
        doneBytes += isHole(sent) ? sent.hole : sent.length;
        yield* progressIfDue();
      }
    }
    return { sentBytes: doneBytes, ...withSha256(hash.digest()) };
  }

  async #open(volume: VolumeRef): Promise<AsyncDisposable & { readonly file: FileHandle }> {
    const path = this.#options.pool.pathOf(volume);
    const file = await this.#options.pool.use(() => undefinedIfMissing(open(path)));
    if (file === undefined) {
      throw volumeMissing(volume, path);
    }
    return { file, [Symbol.asyncDispose]: () => file.close() };
  }
}

function withSha256(sha256: string | undefined): Pick<ExportedImage, 'sha256'> {
  return sha256 === undefined ? {} : { sha256 };
}

/** Reads a file; what is outside of `ranges`, or zeros, becomes holes. */
async function* readPieces(
  file: FileHandle,
  ranges: readonly Range[],
  sizeBytes: number,
): AsyncGenerator<Buffer | Hole, void, undefined> {
  let position = 0;
  for (const { begin, end } of [...ranges, { begin: sizeBytes, end: sizeBytes }]) {
    while (position < begin) {
      const hole = Math.min(maxHoleBytes, begin - position);
      yield { hole };
      position += hole;
    }
    while (position < Math.min(end, sizeBytes)) {
      const length = Math.min(pieceBytes, end - position);
      // A new buffer for each: the last one may still be in transit.
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) {
        return;
      }
      yield isZero(buffer, 0, bytesRead) ? { hole: bytesRead } : buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }
}
