import { coreError } from '@patchbay/objects';

import { decodeFrame, decodeFrames } from './decode-frames.js';
import type { Frame } from './frame.js';
import { malformed } from './message-reader.js';

/** A frame whose chunks have not all arrived. Its bytes are copied, so that it retains none of the messages. */
interface Partial {
  readonly bytes: Buffer;
  received: number;
}

/** Decodes a session's messages, and reassembles chunked frames. */
export class Inbox {
  readonly #maxFrameBytes: number;
  readonly #partials = new Map<number, Partial>();
  #partialBytes = 0;

  /** @param maxFrameBytes the largest frame to accept, in bytes; unfinished ones may hold four times as much */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Returns the frames that a message completes. @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_LARGE` */
  receive(message: Buffer): Frame[] {
    const frames = decodeFrames(message);
    return frames.some((frame) => frame.kind === 'chunk')
      ? frames.flatMap((frame) => this.#reassemble(frame))
      : frames;
  }

  #reassemble(frame: Frame): Frame[] {
    if (frame.kind !== 'chunk') {
      return [frame];
    }
    const partial = this.#partials.get(frame.number) ?? this.#begin(frame.number, frame.total);
    const { bytes, received } = partial;
    if (received + frame.data.length > bytes.length) {
      throw malformed('chunks that exceed their frame');
    }
    bytes.set(frame.data, received);
    partial.received += frame.data.length;
    if (partial.received < bytes.length) {
      return [];
    }
    this.#partials.delete(frame.number);
    this.#partialBytes -= bytes.length;
    return [decodeFrame(bytes)];
  }

  #begin(number: number, total: number): Partial {
    if (total === 0) {
      throw malformed('a chunk without a first one');
    }
    if (total > this.#maxFrameBytes || this.#partialBytes + total > 4 * this.#maxFrameBytes) {
      const message = `a message of ${String(total)} bytes exceeds the ${String(this.#maxFrameBytes)} bytes accepted here`;
      throw coreError('MESSAGE_TOO_LARGE', message);
    }
    const partial = { bytes: Buffer.allocUnsafeSlow(total), received: 0 };
    this.#partials.set(number, partial);
    this.#partialBytes += total;
    return partial;
  }
}
