import { coreError } from '../errors/core-errors.js';

/** How much of a stream may stand for a text: what is meant to be longer is taken as a stream. */
const mostTextBytes = 16 * 1024 * 1024;

/** A word of a command line: as it was typed, or what it stands for. */
export type Word = string | StreamedWord;

/** A word of a command line that is the content of a file or of standard input: a stream, or its text. */
export class StreamedWord {
  /** As it was typed: `-`, `@FILE`, or `--NAME=@FILE`. */
  readonly word: string;
  /** What it holds: pieces of bytes. */
  readonly content: AsyncIterable<unknown>;
  #text: string | undefined;

  constructor(word: string, content: AsyncIterable<unknown>) {
    this.word = word;
    this.content = content;
  }

  /** The content as text without its last line break, once it was read. */
  get text(): string | undefined {
    return this.#text;
  }

  /** Reads the content as text. @throws RpcError `ARGUMENT_INVALID` when it is no text, or more than 16 MiB */
  async readText(): Promise<void> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of this.content) {
      const data = typeof piece === 'string' ? Buffer.from(piece) : piece;
      if (!(data instanceof Uint8Array)) {
        throw coreError('ARGUMENT_INVALID', `the content of ${this.word} is not bytes`);
      }
      bytes += data.length;
      if (bytes > mostTextBytes) {
        throw coreError(
          'ARGUMENT_INVALID',
          `the content of ${this.word} is more than 16 MiB, too long for this argument`,
        );
      }
      pieces.push(data);
    }
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
      this.#text = text.replace(/\r?\n$/, '');
    } catch (error) {
      throw coreError('ARGUMENT_INVALID', `the content of ${this.word} is not text in UTF-8`, {
        cause: error,
      });
    }
  }
}
