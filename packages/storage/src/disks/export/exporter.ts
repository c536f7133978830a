import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

import type { Clock } from '@patchbay/objects';

import { type Exec, ExecError } from '../../exec.js';
import type { PoolDirectory } from '../file/pool-directory.js';
import { outOfSpace, poolFull, undefinedIfMissing, volumeMissing } from '../file/pool-error.js';
import { QemuImg } from '../import/qemu-img.js';
import { portionOf, withProgress } from '../import/progress.js';
import { pathOfOpen } from '../import/source-file.js';
import type {
  ExportedImage,
  ExportFormat,
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
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | ExportProgress, ExportedImage, undefined> {
    // Once open it can be read to the end, even if the image is deleted meanwhile.
    await using raw = await this.#open(volume);
    if (format === 'raw') {
      return yield* this.#send(raw.file, signal);
    }
    const { pool, clock } = this.#options;
    const { size } = await raw.file.stat();
    const image = { path: pathOfOpen(raw.file), format: 'raw' as const };
    await pool.use(async () => pool.makeRoom(await this.#qemuImg.dataBytes(image, signal)));
    await using temporary = pool.temporaries.create();
    const steps = withProgress('convert', { clock, signal }, (report, cancelled) =>
      this.#convert(image, { path: temporary.path, format }, portionOf(size, report), cancelled),
    );
    for await (const { doneBytes } of steps) {
      yield { phase: 'convert', doneBytes, totalBytes: size };
    }
    await using file = await open(temporary.path);
    return yield* this.#send(file, signal);
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

  async *#send(
    file: FileHandle,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array | ExportProgress, ExportedImage, undefined> {
    const { clock } = this.#options;
    const { size: totalBytes } = await file.stat();
    const hash = createHash('sha256');
    let reportedAtMs = -Infinity;
    let doneBytes = 0;
    for (;;) {
      if (clock.monotonicMs() - reportedAtMs >= progressEveryMs || doneBytes === totalBytes) {
        reportedAtMs = clock.monotonicMs();
        yield { phase: 'send', doneBytes, totalBytes };
      }
      signal.throwIfAborted();
      // A new buffer for each: the last one may still be in transit.
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, doneBytes);
      if (bytesRead === 0) {
        return { sentBytes: doneBytes, sha256: hash.digest('hex') };
      }
      const piece = buffer.subarray(0, bytesRead);
      hash.update(piece);
      doneBytes += bytesRead;
      yield piece;
    }
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
