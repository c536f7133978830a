import { coreError } from '@patchbay/objects';

import { decodeFrame, decodeFrames } from './decode-frames.js';
import type { Frame } from './frame.js';
import { malformed } from './message-reader.js';

type Chunk = Frame & { kind: 'chunk' };

/** A frame whose chunks have not all arrived. Its bytes are copied, so that it retains none of the messages. */
interface Partial {
  readonly bytes: Buffer;
  received: number;
  /** How much of it was there when it was last looked at; -1: it never was. */
  seen: number;
}

/** How much of an unfinished frame must arrive between two looks at it, in bytes, unless that completes it. */
const leastProgressBytes = 1024 * 1024;

/** Decodes a session's messages, and reassembles chunked frames. */
export class Inbox {
  /** The largest frame to accept, in bytes; unfinished ones may hold four times as much. */
  maxFrameBytes: number;
  readonly #partials = new Map<number, Partial>();
  #partialBytes = 0;

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes;
  }

  /** How many bytes the unfinished frames hold. */
  get heldBytes(): number {
    return this.#partialBytes;
  }

  /** Returns the frames that a message completes. @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_LARGE` */
  receive(message: Buffer): Frame[] {
    const frames = decodeFrames(message);
    return frames.some((frame) => frame.kind === 'chunk')
      ? frames.flatMap((frame) => this.#reassemble(frame))
      : frames;
  }

  /**
   * Returns how many bytes a chunk needs: those of its frame if it is the first one, else none.
   *
   * @throws RpcError `MESSAGE_MALFORMED`, `MESSAGE_TOO_LARGE`
   */
  neededBytes({ number, total }: Chunk): number {
    if (this.#partials.has(number)) {
      return 0;
    }
    if (total === 0) {
      throw malformed('a chunk without a first one');
    }
    if (total > this.maxFrameBytes || this.#partialBytes + total > 4 * this.maxFrameBytes) {
      const limit = String(this.maxFrameBytes);
      const message = `a message of ${String(total)} bytes exceeds the ${limit} bytes accepted here (limits.maxFrameBytes of a server)`;
      throw coreError('MESSAGE_TOO_LARGE', message, {
        details: { limit: 'maxFrameBytes', maxFrameBytes: this.maxFrameBytes },
      });
    }
    return total;
  }

  /** Takes a chunk, and returns the encoded frame if it completes one. @throws RpcError as `neededBytes` */
  add(chunk: Chunk): Buffer | undefined {
    const needed = this.neededBytes(chunk);
    const partial = needed > 0 ? this.#begin(chunk.number, needed) : this.#partials.get(chunk.number);
    const { number, data } = chunk;
    if (partial === undefined || partial.received + data.length > partial.bytes.length) {
      throw malformed('chunks that exceed their frame');
    }
    partial.bytes.set(data, partial.received);
    partial.received += data.length;
    if (partial.received < partial.bytes.length) {
      return undefined;
    }
    this.#partials.delete(number);
    this.#partialBytes -= partial.bytes.length;
    return partial.bytes;
  }

  /** Checks that unfinished frames have made progress since the last time. @throws RpcError `MESSAGE_UNFINISHED` */
  checkProgress(): void {
    for (const partial of this.#partials.values()) {
      if (partial.seen >= 0 && partial.received < partial.seen + leastProgressBytes) {
        throw unfinished(partial.received, partial.bytes.length);
      }
      partial.seen = partial.received;
    }
  }

  #reassemble(frame: Frame): Frame[] {
    if (frame.kind !== 'chunk') {
      return [frame];
    }
    const whole = this.add(frame);
    return whole === undefined ? [] : [decodeFrame(whole)];
  }

  #begin(number: number, total: number): Partial {
    const partial = { bytes: Buffer.allocUnsafeSlow(total), received: 0, seen: -1 };
    this.#partials.set(number, partial);
    this.#partialBytes += total;
    return partial;
  }
}

/** Makes the error for a message whose rest does not arrive. */
export function unfinished(receivedBytes: number, totalBytes: number): Error {
  const progress = `${String(receivedBytes)} of ${String(totalBytes)} bytes`;
  return coreError(
    'MESSAGE_UNFINISHED',
    `only ${progress} of a message have arrived, and too little of it lately (limits.frame)`,
    { details: { limit: 'frame' } },
  );
}
