import { isRpcError } from '@patchbay/objects';

import { jobsError } from '../errors.js';

/** One of the two streams that a job writes. */
export type OutputStream = 'out' | 'err';

/** A piece of what a job wrote, as it stands in a file. */
export interface Frame {
  readonly stream: OutputStream;
  /** In milliseconds since the attempt began. */
  readonly atMs: number;
  readonly bytes: Buffer;
  /** The offset of its header. */
  readonly start: number;
  /** The offset that follows it. */
  readonly end: number;
}

/** The bytes in front of those of a frame: one for the stream, five for the time, two for the length. */
export const frameHeaderBytes = 8;

/** The most bytes in a frame: its length has two bytes. */
export const maxFrameBytes = 0xffff;

const streams: readonly (OutputStream | undefined)[] = [undefined, 'out', 'err'];
const timeBytes = 5;
const maxTimeMs = 2 ** (8 * timeBytes) - 1;
const lengthAt = 1 + timeBytes;

/** Returns bytes of a stream as frames: several where they are too many for one, none where there are none. */
export function encodeFrames(stream: OutputStream, atMs: number, bytes: Uint8Array): Buffer {
  const count = Math.ceil(bytes.length / maxFrameBytes);
  const frames = Buffer.allocUnsafe(bytes.length + count * frameHeaderBytes);
  let at = 0;
  for (let taken = 0; taken < bytes.length; taken += maxFrameBytes) {
    const piece = bytes.subarray(taken, taken + maxFrameBytes);
    frames.writeUInt8(streams.indexOf(stream), at);
    frames.writeUIntBE(Math.min(Math.max(0, Math.trunc(atMs)), maxTimeMs), at + 1, timeBytes);
    frames.writeUInt16BE(piece.length, at + lengthAt);
    frames.set(piece, at + frameHeaderBytes);
    at += frameHeaderBytes + piece.length;
  }
  return frames;
}

/**
 * Returns how many of the bytes are whole frames.
 *
 * @param offset of the first byte, for the message
 * @throws RpcError `OUTPUT_INVALID` where a frame ought to begin and does not
 */
export function wholeFrames(bytes: Buffer, offset = 0): number {
  let at = 0;
  for (;;) {
    const end = endOfFrame(bytes, at, offset);
    if (end === undefined || end > bytes.length) {
      return at;
    }
    at = end;
  }
}

/** Returns how many of the bytes are whole frames, in front of whatever is none. */
export function wholeFramesBefore(bytes: Buffer): number {
  try {
    return wholeFrames(bytes);
  } catch (error) {
    if (isRpcError(error, 'OUTPUT_INVALID')) {
      return Number(error.details.next);
    }
    throw error;
  }
}

/**
 * Returns the frames in bytes, as views of them; a frame that is cut off at the end is left out.
 *
 * @param offset of the first byte
 * @throws RpcError `OUTPUT_INVALID` where a frame ought to begin and does not
 */
export function* framesIn(bytes: Buffer, offset = 0): Generator<Frame, void, undefined> {
  let at = 0;
  for (;;) {
    const end = endOfFrame(bytes, at, offset);
    if (end === undefined || end > bytes.length) {
      return;
    }
    yield {
      stream: streams[bytes.readUInt8(at)] as OutputStream,
      atMs: bytes.readUIntBE(at + 1, timeBytes),
      bytes: bytes.subarray(at + frameHeaderBytes, end),
      start: offset + at,
      end: offset + end,
    };
    at = end;
  }
}

/** Returns where the frame at a position ends; undefined where its header is cut off. */
function endOfFrame(bytes: Buffer, at: number, offset: number): number | undefined {
  const stream = bytes[at];
  if (stream === undefined) {
    return undefined;
  }
  if (streams[stream] === undefined) {
    throw notAFrame(offset + at);
  }
  if (at + frameHeaderBytes > bytes.length) {
    return undefined;
  }
  const length = bytes.readUInt16BE(at + lengthAt);
  if (length === 0) {
    throw notAFrame(offset + at);
  }
  return at + frameHeaderBytes + length;
}

function notAFrame(offset: number): Error {
  const message = `the output has no frame at offset ${String(offset)}: send what the spool has from details.next on`;
  return jobsError('OUTPUT_INVALID', message, { details: { next: offset } });
}

/** Puts frames together from bytes that come in any pieces; keeps at most one frame that is not whole. */
export class FrameAssembler {
  #offset: number;
  #pieces: Uint8Array[] = [];
  #length = 0;
  /** How many bytes it takes until there is more to see. */
  #needed = frameHeaderBytes;

  /** @param offset of the first byte that comes */
  constructor(offset = 0) {
    this.#offset = offset;
  }

  /** The offset of the first frame that is not whole. */
  get offset(): number {
    return this.#offset;
  }

  /** Takes bytes; returns the frames that are whole by them. @throws RpcError `OUTPUT_INVALID` */
  push(bytes: Uint8Array): Buffer {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#length < this.#needed) {
      return Buffer.alloc(0);
    }
    const all = this.#pieces.length === 1 ? viewOf(bytes) : Buffer.concat(this.#pieces, this.#length);
    const whole = wholeFrames(all, this.#offset);
    const rest = all.subarray(whole);
    this.#offset += whole;
    this.#pieces = rest.length === 0 ? [] : [Buffer.from(rest)];
    this.#length = rest.length;
    this.#needed = endOfFrame(rest, 0, this.#offset) ?? frameHeaderBytes;
    return all.subarray(0, whole);
  }
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
