import { escapeLines } from '@patchbay/terminal';

import type { Output } from '../context.js';

const lineFeed = 0x0a;
/** A line that goes on for longer is printed in pieces, so that no host fills the memory. */
const maxLineBytes = 64 * 1024;

/** Prints what a job wrote, line by line, each with a prefix: unchanged, or escaped on a terminal. */
export class LinePrinter {
  readonly #out: Output;
  readonly #prefix: string;
  #rest = Buffer.alloc(0);

  constructor(out: Output, prefix: string) {
    this.#out = out;
    this.#prefix = prefix;
  }

  /** Prints the lines that are complete; a slow reader of the output slows it down. */
  async write(bytes: Uint8Array): Promise<void> {
    let data = Buffer.concat([this.#rest, bytes]);
    for (let end = data.indexOf(lineFeed); end !== -1; end = data.indexOf(lineFeed)) {
      this.#print(data.subarray(0, end));
      data = data.subarray(end + 1);
    }
    for (; data.length > maxLineBytes; data = data.subarray(maxLineBytes)) {
      this.#print(data.subarray(0, maxLineBytes));
    }
    this.#rest = Buffer.from(data); // a copy: what is printed is let go of
    await this.#out.ready();
  }

  /** Prints the last line, if it has no end. */
  end(): void {
    if (this.#rest.length > 0) {
      this.#print(this.#rest);
      this.#rest = Buffer.alloc(0);
    }
  }

  #print(line: Buffer): void {
    const text = this.#out.isTerminal
      ? escapeLines(line.toString().replace(/\r$/, '')) // one line: no line feed is in it
      : line;
    this.#out.write(Buffer.concat([Buffer.from(this.#prefix), Buffer.from(text), Buffer.from('\n')]));
  }
}

/** Prints what a job wrote as it comes: unchanged, or escaped on a terminal. */
export class RawPrinter {
  readonly #out: Output;
  readonly #decoder = new TextDecoder();
  #held = '';

  constructor(out: Output) {
    this.#out = out;
  }

  /** Prints bytes; a slow reader of the output slows it down. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#out.isTerminal) {
      this.#show(this.#decoder.decode(bytes, { stream: true }));
    } else {
      this.#out.write(bytes);
    }
    await this.#out.ready();
  }

  /** Prints what was held back. */
  end(): void {
    if (this.#out.isTerminal) {
      this.#show(this.#decoder.decode());
      this.#out.write(escapeLines(this.#held));
      this.#held = '';
    }
  }

  #show(text: string): void {
    const whole = this.#held + text;
    const end = whole.endsWith('\r') ? whole.length - 1 : whole.length; // it may be half of a line break
    this.#held = whole.slice(end);
    this.#out.write(escapeLines(whole.slice(0, end)));
  }
}
