import { coreError } from '@patchbay/objects';
import { unfinished } from '@patchbay/session';

/** The length of gRPC's prefix of a message, in bytes. */
export const prefixBytes = 5;

/** How large a message of a session may be, in bytes: ours are far below that. */
export const maxMessageBytes = 1024 * 1024;

/** Of how many pieces a message may be put together: nobody who means well sends it byte by byte. */
const maxPieces = 8192;

/** Writes gRPC's prefix into the five free bytes at an offset of a message: no compression, and its length. */
export function writePrefix(message: Buffer, offset: number, tailBytes = 0): void {
  message[offset] = 0;
  message.writeUInt32BE(message.length - offset - prefixBytes + tailBytes, offset + 1);
}

export interface MessageSplitterOptions {
  /** How large a message may be, in bytes. Default: what a session's may. */
  readonly maxBytes?: number;
  /** Takes compressed messages; without it they are refused. */
  readonly decompress?: (message: Buffer) => Buffer;
  /** Whether messages are passed on with their prefix, compressed or not. */
  readonly framed?: boolean;
}

/** Splits a stream of bytes into gRPC messages. */
export class MessageSplitter {
  readonly #options: MessageSplitterOptions;
  readonly #maxBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #neededBytes = prefixBytes;
  #messages = 0;
  /** Which message was unfinished when that was last checked; -1: none. */
  #unfinished = -1;

  constructor(options: MessageSplitterOptions = {}) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? maxMessageBytes;
  }

  /** How many bytes of an unfinished message are here. */
  get restBytes(): number {
    return this.#restBytes;
  }

  /** Takes bytes, and passes on each message that they complete. @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_LARGE` */
  push(data: Buffer, take: (message: Buffer) => void): void {
    let bytes = data;
    if (this.#restBytes > 0) {
      this.#rest.push(data);
      this.#restBytes += data.length;
      if (this.#rest.length > maxPieces) {
        throw coreError('MESSAGE_MALFORMED', `a message in more than ${String(maxPieces)} pieces`);
      }
      if (this.#restBytes < this.#neededBytes) {
        return;
      }
      bytes = Buffer.concat(this.#rest);
      this.#rest = [];
      this.#restBytes = 0;
    }
    let from = 0;
    this.#neededBytes = prefixBytes;
    while (bytes.length - from >= prefixBytes) {
      const decompress = this.#decompressorOf(bytes[from] as number);
      const length = bytes.readUInt32BE(from + 1);
      if (length > this.#maxBytes) {
        const message = `a message of ${String(length)} bytes exceeds the ${String(this.#maxBytes)} accepted here`;
        throw coreError('MESSAGE_TOO_LARGE', message, { details: { maxBytes: this.#maxBytes } });
      }
      if (bytes.length - from < prefixBytes + length) {
        this.#neededBytes = prefixBytes + length;
        break;
      }
      const { framed = false } = this.#options;
      const message = bytes.subarray(framed ? from : from + prefixBytes, from + prefixBytes + length);
      this.#messages++;
      take(decompress === undefined ? message : decompress(message));
      from += prefixBytes + length;
    }
    if (from < bytes.length) {
      this.#rest = [from === 0 ? bytes : bytes.subarray(from)];
      this.#restBytes = bytes.length - from;
    }
  }

  /** Checks that the message that was unfinished the last time has been finished. @throws RpcError `MESSAGE_UNFINISHED` */
  checkProgress(): void {
    if (this.#restBytes > 0 && this.#unfinished === this.#messages) {
      throw unfinished(this.#restBytes, this.#neededBytes);
    }
    this.#unfinished = this.#restBytes > 0 ? this.#messages : -1;
  }

  /** Returns what a message by its flag of compression needs; undefined for nothing. */
  #decompressorOf(flag: number): ((message: Buffer) => Buffer) | undefined {
    const { decompress, framed = false } = this.#options;
    if (flag === 0 || framed) {
      return undefined;
    }
    if (decompress === undefined) {
      throw coreError('MESSAGE_MALFORMED', 'the server sent a compressed message, which was not asked for');
    }
    return decompress;
  }
}
