import { coreError } from '@patchbay/objects';

import { frameFlags, frameHeaderBytes, frameTypes, standardFrameBytes } from './frame.js';

/** A frame that is not a DATA frame. */
export interface ControlFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface FrameHandler {
  /** Takes data as they arrive, which may be part of a frame. */
  onData(data: Buffer): void;
  /** Called at the end of the stream's last DATA frame. */
  onLastData(): void;
  onControl(frame: ControlFrame): void;
}

/** Splits a stream of bytes into HTTP/2 frames. */
export class FrameReader {
  readonly #handler: FrameHandler;
  #rest: Buffer | undefined;
  /** How many bytes of the current DATA frame are still to come. */
  #dataLeft = 0;
  #isLastData = false;
  #began = false;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Takes bytes. @throws RpcError `MESSAGE_MALFORMED` */
  push(data: Buffer): void {
    const bytes = this.#rest === undefined ? data : Buffer.concat([this.#rest, data]);
    const [first = 0] = bytes;
    if (!this.#began && first !== 0) {
      const spoken = first === 0x15 || first === 0x16 ? ', but TLS' : first === 0x48 ? ', but HTTP/1' : '';
      throw coreError('MESSAGE_MALFORMED', `the server does not speak HTTP/2${spoken}`); // its first frame is short
    }
    this.#rest = undefined;
    let from = 0;
    while (from < bytes.length) {
      const taken = this.#dataLeft > 0 ? this.#takeData(bytes, from) : this.#takeFrame(bytes, from);
      if (taken === 0) {
        this.#rest = bytes.subarray(from);
        return;
      }
      from += taken;
    }
  }

  #takeData(bytes: Buffer, from: number): number {
    const length = Math.min(this.#dataLeft, bytes.length - from);
    this.#dataLeft -= length;
    this.#handler.onData(bytes.subarray(from, from + length));
    if (this.#dataLeft === 0 && this.#isLastData) {
      this.#handler.onLastData();
    }
    return length;
  }

  /** Takes a frame, or the header of a DATA frame; returns its size in bytes, or 0 when some are missing. */
  #takeFrame(bytes: Buffer, from: number): number {
    if (bytes.length - from < frameHeaderBytes) {
      return 0;
    }
    const length = bytes.readUIntBE(from, 3);
    const type = bytes[from + 3] ?? 0;
    const flags = bytes[from + 4] ?? 0;
    if (!this.#began && type !== frameTypes.settings) {
      throw coreError('MESSAGE_MALFORMED', 'the server does not speak HTTP/2');
    }
    this.#began = true;
    if (length > standardFrameBytes) {
      throw coreError('MESSAGE_MALFORMED', `the server sent an HTTP/2 frame of ${String(length)} bytes`);
    }
    if (type === frameTypes.data && (flags & frameFlags.padded) === 0 && length > 0) {
      this.#dataLeft = length;
      this.#isLastData = (flags & frameFlags.endStream) !== 0;
      return frameHeaderBytes;
    }
    const end = from + frameHeaderBytes + length;
    if (bytes.length < end) {
      return 0;
    }
    const stream = bytes.readUInt32BE(from + 5) & 0x7fff_ffff;
    const payload = withoutPadding(bytes.subarray(from + frameHeaderBytes, end), type, flags);
    if (type === frameTypes.data) {
      this.#handler.onData(payload);
      if ((flags & frameFlags.endStream) !== 0) {
        this.#handler.onLastData();
      }
    } else {
      this.#handler.onControl({ type, flags, stream, payload });
    }
    return end - from;
  }
}

/** Removes the padding and priority of DATA and HEADERS frames. */
function withoutPadding(payload: Buffer, type: number, flags: number): Buffer {
  const mayPad = type === frameTypes.data || type === frameTypes.headers;
  const padded = mayPad && (flags & frameFlags.padded) !== 0;
  const prioritized = type === frameTypes.headers && (flags & frameFlags.priority) !== 0;
  const begin = (padded ? 1 : 0) + (prioritized ? 5 : 0);
  const end = payload.length - (padded ? (payload[0] ?? 0) : 0);
  if (begin > end) {
    throw coreError('MESSAGE_MALFORMED', 'the server sent an HTTP/2 frame that is all padding');
  }
  return payload.subarray(begin, end);
}
