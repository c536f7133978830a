import { coreError } from '@patchbay/objects';

import { encodeFrame, encodeFrames, encodeHead, encodeTogether, tailOf } from './encode-frames.js';
import type { Frame, Payload } from './frame.js';

/** The target size of a session's messages, in bytes: far below any gRPC peer's limit. Larger frames are chunked. */
export const messageBytes = 256 * 1024;

/** From this size on, in bytes, a message is not joined with those before it. */
const largeBytes = 32 * 1024;

/** Frames of at most so many characters, without attachments, are encoded together when they are written. */
const shortLength = 1024;

/**
 * How many of those make a message. It does not wait for the end of the turn, so that the other side can start while
 * this one makes the next: with 64 calls in flight that is nearly twice as many in the same time.
 */
const maxTogether = 32;

/** How large a frame (a call's arguments, a result) may be by default: 64 MiB. */
export const defaultMaxFrameBytes = 64 * 1024 * 1024;

/** A message in two parts, the second of which is not copied. */
interface SplitMessage {
  readonly head: Buffer;
  readonly tail: Uint8Array;
}

type WriteMessage = (message: Buffer, tail?: Uint8Array) => void;

/** Gathers the frames that are sent in one turn of the event loop, and writes them in few messages. */
export class Outbox {
  readonly #write: WriteMessage;
  readonly #headroomBytes: number;
  readonly #takesTails: boolean;
  #queue: (Buffer | SplitMessage)[] = [];
  #queuedBytes = 0;
  /** Short frames behind the queue, not encoded yet; their values are immutable. */
  #together: Frame[] = [];
  #scheduled = false;
  #chunkedFrames = 0;
  /** The largest frame that the peer accepts, in bytes, from its hello. */
  peerMaxFrameBytes = defaultMaxFrameBytes;

  /**
   * @param headroomBytes how many bytes each message leaves free in front, for a prefix of the transport
   * @param takesTails whether `write` accepts tails: then large pieces of streams are not copied
   */
  constructor(write: WriteMessage, headroomBytes = 0, takesTails = false) {
    this.#write = write;
    this.#takesTails = takesTails;
    this.#headroomBytes = headroomBytes;
  }

  /** About how many bytes wait for the end of this turn. */
  get queuedBytes(): number {
    return this.#queuedBytes + this.#together.length * shortLength;
  }

  /**
   * Queues a frame.
   *
   * @param waits whether it waits for the end of the turn, however many there are
   * @throws RpcError `MESSAGE_TOO_LARGE` when the peer would not accept it
   */
  send(frame: Frame, waits = false): void {
    if (isShort(frame)) {
      this.#schedule();
      if (this.#together.push(frame) >= maxTogether) {
        if (waits) {
          this.#encodeTogether();
        } else {
          this.flush();
        }
      }
      return;
    }
    this.#encodeTogether();
    const tail = this.#takesTails ? tailOf(frame) : undefined;
    if (tail !== undefined && tail.length < messageBytes) {
      this.#enqueue({ head: encodeHead(frame, this.#headroomBytes), tail });
      return;
    }
    const message = encodeFrames(frame, this.#headroomBytes);
    if (message.length <= messageBytes) {
      this.#enqueue(message);
    } else {
      this.#sendInChunks(encodeFrame(frame));
    }
  }

  #sendInChunks(encoded: Buffer): void {
    if (encoded.length > this.peerMaxFrameBytes) {
      const limit = String(this.peerMaxFrameBytes);
      throw coreError(
        'MESSAGE_TOO_LARGE',
        `a message of ${String(encoded.length)} bytes exceeds the ${limit} bytes that the other side accepts`,
      );
    }
    const number = ++this.#chunkedFrames;
    for (let from = 0; from < encoded.length; from += messageBytes) {
      const data = encoded.subarray(from, from + messageBytes);
      const total = from === 0 ? encoded.length : 0;
      this.#enqueue(encodeFrames({ kind: 'chunk', number, data, total }, this.#headroomBytes));
    }
  }

  /** Writes what is queued now, instead of at the end of this turn. */
  flush(): void {
    this.#encodeTogether();
    const queue = this.#queue;
    if (queue.length === 0) {
      return;
    }
    this.#queue = [];
    this.#queuedBytes = 0;
    let batch: Buffer[] = [];
    let bytes = 0;
    for (const entry of queue) {
      const length = lengthOf(entry);
      // Large messages are written separately, which saves copying them.
      if (bytes > 0 && (bytes + length > messageBytes || length >= largeBytes)) {
        this.#write(this.#join(batch));
        batch = [];
        bytes = 0;
      }
      if (Buffer.isBuffer(entry)) {
        batch.push(entry);
        bytes += length;
      } else {
        this.#write(entry.head, entry.tail);
      }
    }
    if (bytes > 0) {
      this.#write(this.#join(batch));
    }
  }

  #enqueue(entry: Buffer | SplitMessage): void {
    this.#queue.push(entry);
    this.#queuedBytes += lengthOf(entry);
    this.#schedule();
  }

  #encodeTogether(): void {
    if (this.#together.length > 0) {
      const frames = this.#together;
      this.#together = [];
      this.#enqueue(encodeTogether(frames, this.#headroomBytes));
    }
  }

  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      // nextTick runs after the microtasks of this turn: after every call that one answer leads to
      process.nextTick(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  #join(batch: readonly Buffer[]): Buffer {
    if (batch.length === 1) {
      return batch[0] as Buffer;
    }
    return Buffer.concat(
      batch.map((each, index) => (index === 0 ? each : each.subarray(this.#headroomBytes))),
    );
  }
}

function lengthOf(entry: Buffer | SplitMessage): number {
  return Buffer.isBuffer(entry) ? entry.length : entry.head.length + entry.tail.length;
}

function isShort(frame: Frame): boolean {
  switch (frame.kind) {
    case 'invoke': {
      const { object, method, correlationId, input } = frame;
      const names = object.length + method.length + correlationId.length;
      return 'values' in input && isShortPayload(input.values, names);
    }
    case 'item':
    case 'result':
      return isShortPayload(frame.value, 0);
    default:
      return false;
  }
}

function isShortPayload({ json, attachments }: Payload, extraLength: number): boolean {
  return json.length + extraLength <= shortLength && attachments.length === 0;
}
