import { coreError } from '../errors/core-errors.js';

/** How much of a stream may stand for a text: what is meant to be longer is taken as a stream. */
const maxTextBytes = 16 * 1024 * 1024;

/** An element of a command line's argv: as it was typed, or the content that it stands for. */
export type ArgvElement = string | FileArgument;

/** An argument of a command line that is the content of a file or of standard input: a stream, or its text. */
export class FileArgument {
  /** As it was typed: `-`, `@FILE`, or `--NAME=@FILE`. */
  readonly typed: string;
  /** Chunks of bytes. */
  readonly content: AsyncIterable<unknown>;
  #text: string | undefined;

  constructor(typed: string, content: AsyncIterable<unknown>) {
    this.typed = typed;
    this.content = content;
  }

  /** The content as text without its last line break; undefined until `readText` has read it. */
  get text(): string | undefined {
    return this.#text;
  }

  /** Reads the content as text. @throws RpcError `ARGUMENT_INVALID` if it is not UTF-8, or exceeds 16 MiB */
  async readText(): Promise<void> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of this.content) {
      const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      if (!(data instanceof Uint8Array)) {
        throw coreError('ARGUMENT_INVALID', `the content of ${this.typed} is not bytes`);
      }
      bytes += data.length;
      if (bytes > maxTextBytes) {
        const message = `the content of ${this.typed} is more than 16 MiB, too long for this argument`;
        throw coreError('ARGUMENT_INVALID', message);
      }
      chunks.push(data);
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
      this.#text = text.replace(/\r?\n$/, '');
    } catch (error) {
      throw coreError('ARGUMENT_INVALID', `the content of ${this.typed} is not UTF-8 text`, { cause: error });
    }
  }
}
