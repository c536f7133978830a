import { coreError } from '@patchbay/objects';

/** The length of gRPC's prefix of a message. */
export const headerBytes = 5;

/** How large a gRPC message may be: the frames of a session come in messages far below that. */
const maxMessageBytes = 8 * 1024 * 1024;

/** Writes gRPC's prefix into five bytes which a message left free in front: no compression, and its length. */
export function writePrefix(message: Buffer, at: number, tailBytes = 0): void {
  message[at] = 0;
  message.writeUInt32BE(message.length - at - headerBytes + tailBytes, at + 1);
}

/** Finds the gRPC messages in a stream of bytes. */
export class MessageSplitter {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #neededBytes = headerBytes;

  /** Takes bytes and gives each message that they complete. @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_LARGE` */
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
    this.#neededBytes = headerBytes;
    while (bytes.length - from >= headerBytes) {
      const length = lengthAt(bytes, from);
      if (bytes.length - from < headerBytes + length) {
        this.#neededBytes = headerBytes + length;
        break;
      }
      take(bytes.subarray(from + headerBytes, from + headerBytes + length));
      from += headerBytes + length;
    }
    if (from < bytes.length) {
      this.#rest = [from === 0 ? bytes : bytes.subarray(from)];
      this.#restBytes = bytes.length - from;
    }
  }
}

function lengthAt(bytes: Buffer, from: number): number {
  if (bytes[from] !== 0) {
    throw coreError('MESSAGE_MALFORMED', 'the server sent a compressed message, which was not asked for');
  }
  const length = bytes.readUInt32BE(from + 1);
  if (length > maxMessageBytes) {
    throw coreError('MESSAGE_TOO_LARGE', `the server sent a message of ${String(length)} bytes`);
  }
  return length;
}
