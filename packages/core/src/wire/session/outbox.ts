import { coreError } from '../../errors/core-errors.js';
import { varintLength } from './backward-writer.js';
import { encodeFrame } from './encode-frame.js';
import { type Frame } from './frame.js';

/** About how large one gRPC message of a session gets; it keeps many small calls from waiting on a large one. */
export const messageBytes = 256 * 1024;

/** How large a frame (a call's arguments, a result) may be where nothing else is configured: 64 MiB. */
export const defaultMaxFrameBytes = 64 * 1024 * 1024;

const frameTag = 0x0a;

/** Gathers what is said in one turn of the event loop and writes it in as few messages as fit. */
export class Outbox {
  readonly #write: (message: Buffer) => void;
  #queue: Buffer[] = [];
  #scheduled = false;
  #chunked = 0;
  /** The largest frame that the peer accepts, in bytes; its hello tells. */
  peerMaxFrameBytes = defaultMaxFrameBytes;

  constructor(write: (message: Buffer) => void) {
    this.#write = write;
  }

  /** Queues a frame. @throws RpcError `MESSAGE_TOO_LARGE` when the peer would not take it */
  send(frame: Frame): void {
    const encoded = encodeFrame(frame);
    if (encoded.length <= messageBytes) {
      this.#enqueue(encoded);
      return;
    }
    if (encoded.length > this.peerMaxFrameBytes) {
      const limit = String(this.peerMaxFrameBytes);
      throw coreError(
        'MESSAGE_TOO_LARGE',
        `a message of ${String(encoded.length)} bytes is more than the ${limit} bytes that the other side takes`,
      );
    }
    const number = ++this.#chunked;
    for (let from = 0; from < encoded.length; from += messageBytes) {
      const data = encoded.subarray(from, from + messageBytes);
      this.#enqueue(encodeFrame({ kind: 'chunk', number, data, total: from === 0 ? encoded.length : 0 }));
    }
  }

  /** Writes what is queued now, instead of at the end of this turn. */
  flush(): void {
    const queue = this.#queue;
    if (queue.length === 0) {
      return;
    }
    this.#queue = [];
    let from = 0;
    while (from < queue.length) {
      let to = from;
      let bytes = 0;
      do {
        bytes += framedLength(queue[to] as Buffer);
        to++;
      } while (to < queue.length && bytes + (queue[to] as Buffer).length <= messageBytes);
      this.#write(join(queue, from, to, bytes));
      from = to;
    }
  }

  #enqueue(encoded: Buffer): void {
    this.#queue.push(encoded);
    if (!this.#scheduled) {
      this.#scheduled = true;
      // nextTick runs after the microtasks of this turn: after every call that one answer set free
      process.nextTick(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }
}

function framedLength(frame: Buffer): number {
  return 1 + varintLength(frame.length) + frame.length;
}

function join(queue: readonly Buffer[], from: number, to: number, bytes: number): Buffer {
  const message = Buffer.allocUnsafe(bytes);
  let position = 0;
  for (let index = from; index < to; index++) {
    const frame = queue[index] as Buffer;
    message[position++] = frameTag;
    let rest = frame.length;
    while (rest > 0x7f) {
      message[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    message[position++] = rest;
    frame.copy(message, position);
    position += frame.length;
  }
  return message;
}
