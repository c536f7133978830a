import { coreError } from '@patchbay/objects';

/** The length of gRPC's prefix of a message, in bytes. */
export const prefixBytes = 5;

/** How large a gRPC message may be, in bytes: those of a session are far below that. */
export const maxMessageBytes = 8 * 1024 * 1024;

/** Writes gRPC's prefix into the five free bytes at an offset of a message: no compression, and its length. */
export function writePrefix(message: Buffer, offset: number, tailBytes = 0): void {
  message[offset] = 0;
  message.writeUInt32BE(message.length - offset - prefixBytes + tailBytes, offset + 1);
}

/** Splits a stream of bytes into gRPC messages. */
export class MessageSplitter {
  readonly #decompress: ((message: Buffer) => Buffer) | undefined;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #neededBytes = prefixBytes;

  /** @param decompress takes compressed messages; without it they are refused */
  constructor(decompress?: (message: Buffer) => Buffer) {
    this.#decompress = decompress;
  }

  /** Takes bytes, and passes on each message that they complete. @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_LARGE` */
  push(data: Buffer, take: (message: Buffer) => void): void {
    let bytes = data;
    if (this.#restBytes > 0) {
      this.#rest.push(data);
      this.#restBytes += data.length;
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
      if (length > maxMessageBytes) {
        throw coreError(
          'MESSAGE_TOO_LARGE',
          `a message of ${String(length)} bytes exceeds the ${String(maxMessageBytes)} of a session`,
        );
      }
      if (bytes.length - from < prefixBytes + length) {
        this.#neededBytes = prefixBytes + length;
        break;
      }
      const message = bytes.subarray(from + prefixBytes, from + prefixBytes + length);
      take(decompress === undefined ? message : decompress(message));
      from += prefixBytes + length;
    }
    if (from < bytes.length) {
      this.#rest = [from === 0 ? bytes : bytes.subarray(from)];
      this.#restBytes = bytes.length - from;
    }
  }

  /** Returns what a message by its flag of compression needs; undefined for nothing. */
  #decompressorOf(flag: number): ((message: Buffer) => Buffer) | undefined {
    if (flag !== 0 && this.#decompress === undefined) {
      throw coreError('MESSAGE_MALFORMED', 'the server sent a compressed message, which was not asked for');
    }
    return flag === 0 ? undefined : this.#decompress;
  }
}
