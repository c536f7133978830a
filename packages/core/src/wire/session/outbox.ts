import { coreError } from '../../errors/core-errors.js';
import { encodeFrame, encodeFrames } from './encode-frame.js';
import { type Frame } from './frame.js';

/** About how large one gRPC message of a session gets: far below what any gRPC peer takes. Larger frames go in chunks. */
export const messageBytes = 256 * 1024;

/** How large a frame (a call's arguments, a result) may be where nothing else is configured: 64 MiB. */
export const defaultMaxFrameBytes = 64 * 1024 * 1024;

/** Gathers what is said in one turn of the event loop and writes it in as few messages as fit. */
export class Outbox {
  readonly #write: (message: Buffer) => void;
  readonly #headroomBytes: number;
  #queue: Buffer[] = [];
  #scheduled = false;
  #chunked = 0;
  /** The largest frame that the peer accepts, in bytes; its hello tells. */
  peerMaxFrameBytes = defaultMaxFrameBytes;

  /** @param headroomBytes how much room each message leaves in front, for a prefix of the transport */
  constructor(write: (message: Buffer) => void, headroomBytes = 0) {
    this.#write = write;
    this.#headroomBytes = headroomBytes;
  }

  /** Queues a frame. @throws RpcError `MESSAGE_TOO_LARGE` when the peer would not take it */
  send(frame: Frame): void {
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
        `a message of ${String(encoded.length)} bytes is more than the ${limit} bytes that the other side takes`,
      );
    }
    const number = ++this.#chunked;
    for (let from = 0; from < encoded.length; from += messageBytes) {
      const data = encoded.subarray(from, from + messageBytes);
      this.#enqueue(
        encodeFrames(
          { kind: 'chunk', number, data, total: from === 0 ? encoded.length : 0 },
          this.#headroomBytes,
        ),
      );
    }
  }

  /** Writes what is queued now, instead of at the end of this turn. */
  flush(): void {
    const queue = this.#queue;
    if (queue.length === 0) {
      return;
    }
    this.#queue = [];
    let batch: Buffer[] = [];
    let bytes = 0;
    for (const message of queue) {
      if (bytes > 0 && bytes + message.length > messageBytes) {
        this.#write(this.#join(batch));
        batch = [];
        bytes = 0;
      }
      batch.push(message);
      bytes += message.length;
    }
    this.#write(this.#join(batch));
  }

  #enqueue(message: Buffer): void {
    this.#queue.push(message);
    if (!this.#scheduled) {
      this.#scheduled = true;
      // nextTick runs after the microtasks of this turn: after every call that one answer set free
      process.nextTick(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  #join(batch: readonly Buffer[]): Buffer {
    const [first] = batch;
    if (first === undefined || batch.length === 1) {
      return first ?? Buffer.alloc(this.#headroomBytes);
    }
    const [, ...others] = batch;
    return Buffer.concat([first, ...others.map((message) => message.subarray(this.#headroomBytes))]);
  }
}
