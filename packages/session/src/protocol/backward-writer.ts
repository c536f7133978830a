const varint = 0;
const lengthDelimited = 2;
const shortTextLength = 64;

/**
 * Writes protobuf messages from their end to their beginning, so that the length of a nested message is known
 * when its turn to be written comes. Callers therefore write fields in descending order. Field numbers are
 * below 16, so that a tag is one byte. Fields with default values are left out, as proto3 has it.
 */
export class BackwardWriter {
  #buffer: Buffer;
  #position: number;
  /** What is counted as written, and stands behind the buffer. */
  #tailBytes = 0;

  constructor(capacityBytes = 16 * 1024) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
    this.#position = capacityBytes;
  }

  /** Where the writer stands: remember it before the fields of a nested message, then give it to `message`. */
  mark(): number {
    return this.#buffer.length - this.#position + this.#tailBytes;
  }

  /** Ends a nested message whose fields were written since the mark. */
  message(field: number, mark: number): void {
    const length = this.mark() - mark;
    this.#reserve(6);
    this.#varint(length);
    this.#tag(field, lengthDelimited);
  }

  uint(field: number, value: number): void {
    if (value !== 0) {
      this.#reserve(11);
      this.#varint(value);
      this.#tag(field, varint);
    }
  }

  text(field: number, value: string): void {
    if (value.length > 0) {
      this.element(field, value);
    }
  }

  /** Writes a text also when it is empty: an element of a repeated field, or a member of a oneof. */
  element(field: number, value: string): void {
    if (value.length > shortTextLength || !this.#ascii(value)) {
      const length = Buffer.byteLength(value, 'utf8');
      this.#reserve(length + 6);
      this.#position -= length;
      this.#buffer.write(value, this.#position, length, 'utf8');
      this.#varint(length);
    } else {
      this.#varint(value.length);
    }
    this.#tag(field, lengthDelimited);
  }

  /** Writes a field of bytes without the bytes: they stand behind all that is written, so nothing may be written yet. */
  tail(field: number, length: number): void {
    this.#reserve(6);
    this.#tailBytes = length;
    this.#varint(length);
    this.#tag(field, lengthDelimited);
  }

  /** Writes bytes, also when there are none. */
  bytes(field: number, value: Uint8Array): void {
    this.#reserve(value.length + 6);
    this.#position -= value.length;
    this.#buffer.set(value, this.#position);
    this.#varint(value.length);
    this.#tag(field, lengthDelimited);
  }

  /**
   * Gives what was written without a copy, behind room for as many bytes as asked. The writer is used up: what would be
   * written next would stand in the same buffer.
   */
  release(headroomBytes: number): Buffer {
    this.#reserve(headroomBytes);
    return this.#buffer.subarray(this.#position - headroomBytes);
  }

  /** Gives what was written as a buffer of its own, behind room for as many bytes as asked, and begins anew. */
  finish(headroomBytes: number): Buffer {
    const written = Buffer.allocUnsafe(headroomBytes + this.#buffer.length - this.#position);
    this.#tailBytes = 0;
    this.#buffer.copy(written, headroomBytes, this.#position);
    this.#position = this.#buffer.length;
    return written;
  }

  /** Writes a short text letter by letter, which beats a call into native code; gives false when one is not ASCII. */
  #ascii(value: string): boolean {
    this.#reserve(value.length + 6);
    const buffer = this.#buffer;
    let position = this.#position;
    for (let index = value.length - 1; index >= 0; index--) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) {
        return false;
      }
      buffer[--position] = unit;
    }
    this.#position = position;
    return true;
  }

  #tag(field: number, type: number): void {
    this.#buffer[--this.#position] = (field << 3) | type;
  }

  #varint(value: number): void {
    let position = this.#position - varintLength(value);
    this.#position = position;
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[position] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#position >= bytes) {
      return;
    }
    const used = this.#buffer.length - this.#position;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + bytes));
    this.#buffer.copy(larger, larger.length - used, this.#position);
    this.#position = larger.length - used;
    this.#buffer = larger;
  }
}

/** Says how many bytes a number takes as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    length++;
  }
  return length;
}
