import { isAscii, transcode } from 'node:buffer';

import { coreError, type RpcError } from '@patchbay/objects';

import { NameCache } from './name-cache.js';

/** How many fields a message may have: far more than any needs, and few enough to be skipped in no time. */
const maxFields = 1_000_000;

/** Text of up to so many bytes is decoded when its frame is. */
const shortTextBytes = 1024;

const names = new NameCache();

/** From this size on, V8's decoder costs text that is not ASCII several times as much as another way. */
const longTextBytes = 64 * 1024;

/** Makes the error for bytes that violate the protocol. */
export function malformed(what: string): RpcError {
  return coreError('MESSAGE_MALFORMED', `the peer sent a malformed message: ${what}`);
}

/** Decodes text. @throws RpcError `MESSAGE_MALFORMED` for long text that is not UTF-8 */
export function decodeText(bytes: Buffer): string {
  if (bytes.length < longTextBytes) {
    return bytes.toString('utf8');
  }
  if (isAscii(bytes)) {
    return bytes.toString('latin1');
  }
  try {
    return transcode(bytes, 'utf8', 'utf16le').toString('utf16le');
  } catch {
    throw malformed('text that is not UTF-8');
  }
}

/** Reads the fields of protobuf messages, the nested ones in place. @throws RpcError `MESSAGE_MALFORMED` */
export class MessageReader {
  readonly #buffer: Buffer;
  #position = 0;
  #end: number;
  #type = 0;
  #fields = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#end = buffer.length;
  }

  /** Moves to the next field of the current message and returns its number; 0 at the message's end. */
  next(): number {
    if (this.#position >= this.#end) {
      return 0;
    }
    if (++this.#fields > maxFields) {
      throw malformed(`more than ${String(maxFields)} fields in one message`);
    }
    const tag = this.#varint();
    this.#type = tag & 7;
    const field = Math.floor(tag / 8);
    if (field === 0) {
      throw malformed('a field numbered 0');
    }
    return field;
  }

  /** Enters the nested message; returns what `leave` takes when it is read. */
  enter(): number {
    const length = this.#length();
    const outerEnd = this.#end;
    this.#end = this.#position + length;
    return outerEnd;
  }

  /** Returns the rest of the current message as a view of it. */
  rest(): Buffer {
    return this.#buffer.subarray(this.#position, this.#end);
  }

  leave(outerEnd: number): void {
    this.#position = this.#end;
    this.#end = outerEnd;
  }

  uint(): number {
    if (this.#type !== 0) {
      throw malformed('a number of another type');
    }
    return this.#varint();
  }

  double(): number {
    if (this.#type !== 1) {
      throw malformed('a number of another type');
    }
    this.#advance(8);
    return this.#buffer.readDoubleLE(this.#position - 8);
  }

  text(): string {
    const text = this.shortText();
    return typeof text === 'string' ? text : decodeText(text);
  }

  /** Returns text that has come before, as a rule. */
  name(): string {
    const length = this.#length();
    const from = this.#position;
    this.#position += length;
    return names.decode(this.#buffer, from, this.#position);
  }

  /** Returns text, or its bytes where it is long: for `decodeText`, should it be needed. */
  shortText(): string | Buffer {
    const length = this.#length();
    const from = this.#position;
    this.#position += length;
    return length <= shortTextBytes
      ? this.#buffer.toString('utf8', from, this.#position)
      : this.#buffer.subarray(from, this.#position);
  }

  /** Returns bytes as a view of the message. */
  bytes(): Buffer {
    const length = this.#length();
    const from = this.#position;
    this.#position += length;
    return this.#buffer.subarray(from, this.#position);
  }

  /** Skips a field that this version does not know. */
  skip(): void {
    switch (this.#type) {
      case 0:
        this.#skipVarint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#advance(this.#length());
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw malformed(`wire type ${String(this.#type)}`);
    }
  }

  #length(): number {
    if (this.#type !== 2) {
      throw malformed('a length-delimited field of another type');
    }
    const length = this.#varint();
    if (this.#position + length > this.#end) {
      throw malformed('a field that is longer than its message');
    }
    return length;
  }

  #advance(bytes: number): void {
    this.#position += bytes;
    if (this.#position > this.#end) {
      throw malformed('cut off');
    }
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 8; index++) {
      if (this.#position >= this.#end) {
        throw malformed('cut off');
      }
      const byte = this.#buffer[this.#position++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) {
          break;
        }
        return value;
      }
      scale *= 0x80;
    }
    throw malformed('a number above 2^53');
  }

  /** Skips a number of any size: one that this version does not know may exceed 2^53. */
  #skipVarint(): void {
    for (let index = 0; index < 10; index++) {
      this.#advance(1);
      if ((this.#buffer[this.#position - 1] as number) < 0x80) {
        return;
      }
    }
    throw malformed('a number without an end');
  }
}
