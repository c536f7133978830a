import type { Chunk } from './read-frames.js';
import type { Frame, OutputStream } from './frames.js';

/** How much is kept of a line that has not ended. */
const maxLineBytes = 64 * 1024;

const lineFeed = 0x0a;

/** Yields the lines in which a text is, byte by byte, each at its end; of lines over 64 KiB, the piece with the text. */
export async function* findLines(
  blocks: AsyncIterable<readonly Frame[]>,
  text: string,
): AsyncGenerator<Chunk, void, undefined> {
  const sought = Buffer.from(text);
  const lines = new Map<OutputStream, OpenLine>();
  for await (const frames of blocks) {
    for (const frame of frames) {
      const line = lines.get(frame.stream) ?? new OpenLine(sought);
      lines.set(frame.stream, line);
      yield* line.add(frame);
    }
  }
  for (const line of lines.values()) {
    yield* line.end();
  }
}

/** A line that has not ended. */
class OpenLine {
  readonly #sought: Buffer;
  #pieces: Buffer[] = [];
  #length = 0;
  #last: Frame | undefined;

  constructor(sought: Buffer) {
    this.#sought = sought;
  }

  /** Adds what comes next of it; yields the lines that end there and have the text. */
  *add(frame: Frame): Generator<Chunk, void, undefined> {
    const { stream, atMs, end } = frame;
    this.#last = frame;
    this.#pieces.push(frame.bytes);
    this.#length += frame.bytes.length;
    const lastFeed = frame.bytes.lastIndexOf(lineFeed);
    if (lastFeed === -1 && this.#length <= maxLineBytes) {
      return;
    }
    let rest = Buffer.concat(this.#pieces, this.#length);
    for (let feed = rest.indexOf(lineFeed); feed !== -1; feed = rest.indexOf(lineFeed)) {
      const bytes = rest.subarray(0, feed + 1);
      rest = rest.subarray(feed + 1);
      if (bytes.includes(this.#sought)) {
        yield { stream, atMs, bytes, next: end - rest.length };
      }
    }
    if (rest.length > maxLineBytes) {
      const isFound = rest.includes(this.#sought);
      if (isFound) {
        yield { stream, atMs, bytes: rest, next: end };
      }
      // What may be the start of the text is kept.
      rest = rest.subarray(isFound ? rest.length : rest.length - this.#sought.length + 1);
    }
    this.#pieces = [Buffer.from(rest)];
    this.#length = rest.length;
  }

  /** Yields it, if it has the text. */
  *end(): Generator<Chunk, void, undefined> {
    const bytes = Buffer.concat(this.#pieces, this.#length);
    if (this.#last !== undefined && bytes.includes(this.#sought)) {
      const { stream, atMs, end } = this.#last;
      yield { stream, atMs, bytes, next: end };
    }
  }
}
