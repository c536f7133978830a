const varint = 0;
const lengthDelimited = 2;
const shortStringLength = 64;
/** The longest tag, five bytes, with the longest number behind it, ten. */
const maxHeadBytes = 16;

/**
 * Writes protobuf messages from their end to their beginning, so that the length of a nested message is known when it
 * is written. Callers therefore write fields in descending order. Fields with default values are left out, as in
 * proto3.
 */
export class BackwardWriter {
  #buffer: Buffer;
  #position: number;
  /** How many bytes count as written that follow the buffer. */
  #tailBytes = 0;

  constructor(capacityBytes = 16 * 1024) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
    this.#position = capacityBytes;
  }

  /** Returns the position before the fields of a nested message, for `message`. */
  mark(): number {
    return this.#buffer.length - this.#position + this.#tailBytes;
  }

  /** Ends a nested message whose fields were written since the mark. */
  message(field: number, mark: number): void {
    const length = this.mark() - mark;
    this.#reserve(maxHeadBytes);
    this.#varint(length);
    this.#tag(field, lengthDelimited);
  }

  uint(field: number, value: number): void {
    if (value !== 0) {
      this.#reserve(maxHeadBytes);
      this.#varint(value);
      this.#tag(field, varint);
    }
  }

  text(field: number, value: string): void {
    if (value.length > 0) {
      this.element(field, value);
    }
  }

  /** Writes a string even when it is empty: an element of a repeated field, or a member of a oneof. */
  element(field: number, value: string): void {
    if (value.length > shortStringLength || !this.#ascii(value)) {
      const length = Buffer.byteLength(value, 'utf8');
      this.#reserve(length + maxHeadBytes);
      this.#position -= length;
      this.#buffer.write(value, this.#position, length, 'utf8');
      this.#varint(length);
    } else {
      this.#varint(value.length);
    }
    this.#tag(field, lengthDelimited);
  }

  /** Writes a field of bytes without the bytes: they follow all that is written, so nothing may be written yet. */
  tail(field: number, length: number): void {
    this.#reserve(maxHeadBytes);
    this.#tailBytes = length;
    this.#varint(length);
    this.#tag(field, lengthDelimited);
  }

  /** Writes bytes, even when there are none. */
  bytes(field: number, value: Uint8Array): void {
    this.#reserve(value.length + maxHeadBytes);
    this.#position -= value.length;
    this.#buffer.set(value, this.#position);
    this.#varint(value.length);
    this.#tag(field, lengthDelimited);
  }

  /**
   * Returns what was written without a copy, behind so many bytes of headroom. The writer must not be used afterwards:
   * it would write into the same buffer.
   */
  release(headroomBytes: number): Buffer {
    this.#reserve(headroomBytes);
    return this.#buffer.subarray(this.#position - headroomBytes);
  }

  /** Returns a copy of what was written, behind so many bytes of headroom, and starts over. */
  finish(headroomBytes: number): Buffer {
    const written = Buffer.allocUnsafe(headroomBytes + this.#buffer.length - this.#position);
    this.#tailBytes = 0;
    this.#buffer.copy(written, headroomBytes, this.#position);
    this.#position = this.#buffer.length;
    return written;
  }

  /** Writes a short string byte by byte, which beats a call into native code; returns false when it is not ASCII. */
  #ascii(value: string): boolean {
    this.#reserve(value.length + maxHeadBytes);
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
    if (field < 16) {
      this.#buffer[--this.#position] = (field << 3) | type;
    } else {
      this.#varint(field * 8 + type);
    }
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

/** Returns how many bytes a number takes as a varint. */
function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    length++;
  }
  return length;
}
