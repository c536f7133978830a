import { z } from 'zod';

import type { Exec } from '../../exec.js';
import type { Range } from './hash-file.js';
import type { ImageFormat } from './image-format.js';
import { execLimited, headerLimits } from './limited-exec.js';

/** An image for qemu-img: a file, and the format to read it as. */
export interface QemuImage {
  readonly path: string;
  readonly format: ImageFormat;
}

const infoSchema = z.object({
  // Not z.int(): a hostile header may claim more than a safe integer.
  'virtual-size': z.number().nonnegative(),
  'backing-filename': z.string().optional(),
  encrypted: z.boolean().optional(),
  'format-specific': z
    .object({ data: z.looseObject({ 'data-file': z.string().optional(), corrupt: z.boolean().optional() }) })
    .optional(),
});

/** The output of `qemu-img info`. */
export type QemuInfo = z.infer<typeof infoSchema>;

const checkSchema = z.object({ corruptions: z.number().optional(), 'check-errors': z.number() });

const mapSchema = z.array(
  z.object({
    start: z.int().nonnegative(),
    length: z.int().positive(),
    zero: z.boolean(),
    /** Where it is in the file; absent if it is compressed there, or the format does not tell. */
    offset: z.int().nonnegative().optional(),
  }),
);

const measureSchema = z.object({ required: z.number() });

const metadataTimeoutMs = 600_000;
const notSupportedByFormat = 63;
const leaksOnly = 3;

/**
 * Runs qemu-img. An image is always named with its driver, so that no format is probed, no name is taken for a protocol
 * or an option, and no backing file is opened.
 */
export class QemuImg {
  readonly #exec: Exec;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  /** Reads an image's header. @throws ExecError if it is not of its format */
  async info(image: QemuImage, signal: AbortSignal): Promise<QemuInfo> {
    return infoSchema.parse(JSON.parse(await this.#examine('info', [], image, signal)));
  }

  /** Reports whether an image's tables are consistent and its data complete, as far as the format shows. */
  async isIntact(image: QemuImage, signal: AbortSignal): Promise<boolean> {
    const text = await this.#examine('check', [], image, signal, [0, 2, leaksOnly, notSupportedByFormat]);
    if (!text.trimStart().startsWith('{')) {
      return true;
    }
    const found = checkSchema.parse(JSON.parse(text));
    return (found.corruptions ?? 0) === 0 && found['check-errors'] === 0;
  }

  /** Returns the bytes that an image's data needs, in clusters of 64 KiB and including qcow2's tables. */
  async dataBytes(image: QemuImage, signal: AbortSignal): Promise<number> {
    // With `-O raw` it would return the virtual size; for qcow2 it counts only what is allocated.
    const text = await this.#examine('measure', ['-O', 'qcow2'], image, signal);
    return measureSchema.parse(JSON.parse(text)).required;
  }

  /** Returns the ranges of an image's disk that are not known to be zeros, such as the holes of a file are; in order. */
  async dataRanges(image: QemuImage, signal: AbortSignal): Promise<readonly Range[]> {
    return (await this.#data(image, signal)).map(({ start, length }) => ({
      begin: start,
      end: start + length,
    }));
  }

  /**
   * Returns how long the file of an image must be at least, in bytes, as far as its tables tell: of what a shorter file
   * lacks of a cluster qemu-img reads zeros, without an error.
   */
  async fileBytes(image: QemuImage, signal: AbortSignal): Promise<number> {
    const data = await this.#data(image, signal);
    return data.reduce((end, { offset = 0, length }) => Math.max(end, offset === 0 ? 0 : offset + length), 0);
  }

  async #data(image: QemuImage, signal: AbortSignal): Promise<z.infer<typeof mapSchema>> {
    const text = await this.#examine('map', [], image, signal);
    return mapSchema.parse(JSON.parse(text)).filter(({ zero }) => !zero);
  }

  /** Writes an image's disk to another file, raw (and sparse) or qcow2. Reports its progress in percent. */
  async convert(
    image: QemuImage,
    target: { readonly path: string; readonly format: 'raw' | 'qcow2' },
    onPercent: (percent: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const args = ['convert', '-p', '-O', target.format, '-S', '4k', nameOf(image), target.path];
    await this.#exec('qemu-img', args, {
      signal,
      timeoutMs: 0,
      onStdoutLine: (line) => {
        const percent = /\((\d+(?:\.\d+)?)\/100%\)/.exec(line)?.[1];
        if (percent !== undefined) {
          onPercent(Number(percent));
        }
      },
    });
  }

  async #examine(
    command: 'info' | 'check' | 'measure' | 'map',
    args: readonly string[],
    image: QemuImage,
    signal: AbortSignal,
    okExitCodes: readonly number[] = [0],
  ): Promise<string> {
    const all = ['qemu-img', command, '--output=json', ...args, nameOf(image)] as const;
    const options = { signal, timeoutMs: metadataTimeoutMs, okExitCodes };
    return (await execLimited(this.#exec, headerLimits, [...all], options)).stdout;
  }
}

/** Returns QEMU's `json:` name of an image. */
function nameOf({ path, format }: QemuImage): string {
  return `json:${JSON.stringify({ driver: format, backing: null, file: { driver: 'file', filename: path } })}`;
}
