import { coreError } from '@patchbay/objects';

import { decodeHuffman } from './huffman.js';

/** The statuses in HPACK's static table, by index. RFC 7541, appendix A. */
const staticStatuses = new Map(
  ['200', '204', '206', '304', '400', '404', '500'].map((status, index) => [8 + index, status]),
);

/** Encodes the headers of a gRPC request, without a dynamic table and without compression: they are sent once. */
export function encodeRequest(authority: string, path: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x80 | 3, 0x80 | 6]), // :method POST, :scheme http
    literal(4, path), // :path
    literal(1, authority), // :authority
    literal(31, 'application/grpc+proto'), // content-type
    literal('te', 'trailers'),
  ]);
}

/** Encodes a header without indexing; its name by its index in the static table, where it has one. */
function literal(name: number | string, value: string): Buffer {
  const nameBytes = typeof name === 'number' ? number(name, 4) : Buffer.concat([Buffer.of(0), text(name)]);
  return Buffer.concat([nameBytes, text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([number(bytes.length, 7), bytes]);
}

/** Encodes an integer with a prefix of so many bits. RFC 7541, section 5.1. */
function number(value: number, prefixBits: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) {
    return Buffer.of(value);
  }
  const bytes = [most];
  let rest = value - most;
  for (; rest > 0x7f; rest >>= 7) {
    bytes.push(0x80 | (rest & 0x7f));
  }
  return Buffer.of(...bytes, rest);
}

/**
 * Decodes the headers of a response: `:status`, and those with literal names, which gRPC's have. Our settings allow the
 * peer no dynamic table to refer to.
 *
 * @throws RpcError `MESSAGE_MALFORMED`
 */
export function decodeHeaders(block: Uint8Array): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const reader = new BlockReader(block);
  while (!reader.done) {
    const kind = reader.peek();
    if ((kind & 0x80) !== 0) {
      const status = staticStatuses.get(reader.number(7));
      if (status !== undefined) {
        headers.set(':status', status);
      }
    } else if ((kind & 0xe0) === 0x20) {
      reader.number(5); // a dynamic table size update
    } else {
      const index = reader.number((kind & 0x40) === 0 ? 4 : 6);
      const name = index === 0 ? reader.text() : staticStatuses.has(index) ? ':status' : undefined;
      const value = reader.text();
      if (name !== undefined) {
        headers.set(name, value);
      }
    }
  }
  return headers;
}

class BlockReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  number(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#byte() & most;
    if (value < most) {
      return value;
    }
    for (let factor = 1; factor <= 2 ** 21; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        return value;
      }
    }
    throw malformed();
  }

  text(): string {
    const isHuffman = (this.peek() & 0x80) !== 0;
    const length = this.number(7);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) {
      throw malformed();
    }
    this.#at += length;
    return isHuffman ? decodeHuffman(bytes) : Buffer.from(bytes).toString('latin1');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) {
      throw malformed();
    }
    this.#at += 1;
    return byte;
  }
}

function malformed(): Error {
  return coreError('MESSAGE_MALFORMED', 'the server sent headers that cannot be decoded');
}
