/** How many names are remembered. */
const slots = 256;

/** Longer names are not: each costs a look at all of its bytes. */
const maxNameBytes = 64;

interface Entry {
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * Remembers the names of objects and methods by their UTF-8, as the same few come with every call: that is faster than
 * to decode one, and the string found again has a hash already.
 */
export class NameCache {
  readonly #entries = new Array<Entry | undefined>(slots).fill(undefined);

  /** Returns the name that stands at `from` to `to`. */
  decode(buffer: Buffer, from: number, to: number): string {
    if (to - from > maxNameBytes) {
      return buffer.toString('utf8', from, to);
    }
    let hash = to - from;
    for (let index = from; index < to; index++) {
      hash = (hash * 31 + (buffer[index] as number)) | 0;
    }
    const slot = hash & (slots - 1);
    const known = this.#entries[slot];
    if (known !== undefined && isAt(known.bytes, buffer, from, to)) {
      return known.text;
    }
    const text = buffer.toString('utf8', from, to);
    this.#entries[slot] = { bytes: Buffer.from(buffer.subarray(from, to)), text };
    return text;
  }
}

function isAt(bytes: Buffer, buffer: Buffer, from: number, to: number): boolean {
  if (bytes.length !== to - from) {
    return false;
  }
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== buffer[from + index]) {
      return false;
    }
  }
  return true;
}
