import { isHole } from '@patchbay/objects';

import type { ByteOutput } from './byte-output.js';
import type { CommandContext, Output } from './context.js';
import { openItemView, type ProgressView } from './progress.js';
import type { Settings } from './settings.js';

/** Takes what a call yields: bytes for a file or standard output, anything else for people or as lines. */
export class ItemOutput {
  readonly #settings: Pick<Settings, 'format' | 'outputFile'>;
  readonly #context: CommandContext;
  readonly #out: Output;
  readonly #view: ProgressView;
  #bytes: ByteOutput | undefined;

  constructor(settings: Pick<Settings, 'format' | 'outputFile'>, context: CommandContext, out: Output) {
    this.#settings = settings;
    this.#context = context;
    this.#out = out;
    this.#view = openItemView(settings.format, context, out);
  }

  /** Whether there were bytes to write. */
  get hasBytes(): boolean {
    return this.#bytes !== undefined;
  }

  /** Writes an item; a slow destination slows the method down. @throws RpcError `OUTPUT_FAILED`, `OUTPUT_FULL`, `OUTPUT_REQUIRED` */
  async write(item: unknown): Promise<void> {
    const { format, outputFile } = this.#settings;
    const isBytes = item instanceof Uint8Array || (outputFile !== undefined && isHole(item));
    if (isBytes && (format === 'table' || outputFile !== undefined)) {
      this.#bytes ??= (await import('./byte-output.js')).openByteOutput(outputFile, this.#context, this.#out);
      await this.#bytes.write(item);
    } else {
      this.#view.show(item);
      await this.#out.ready();
    }
  }

  /** Completes the bytes. @throws RpcError `OUTPUT_FAILED`, `OUTPUT_FULL` */
  async finish(): Promise<void> {
    await this.#bytes?.finish();
  }

  /** Clears the progress, and removes the bytes that were not finished. */
  async close(): Promise<void> {
    this.#view.end();
    await this.#bytes?.discard();
  }
}
