import { coreError, type RpcError } from '@patchbay/objects';

import type { Frame } from '../protocol/frame.js';
import { ItemQueue } from '../protocol/item-queue.js';
import { malformed } from '../protocol/message-reader.js';

/** How much of a stream among a call's arguments may be buffered unread, in bytes. */
export const streamWindowBytes = 1024 * 1024;

/** A stream among the arguments of a call, read once. It buffers no more than its window: a slow reader slows its sender. */
export class IncomingStream implements AsyncIterable<unknown> {
  readonly #queue: ItemQueue;
  readonly #call: number;
  readonly #stream: number;
  readonly #send: (frame: Frame) => void;
  #allowedBytes = streamWindowBytes;
  #readBytes = 0;
  #reading = false;
  #ended = false;

  constructor(call: number, stream: number, send: (frame: Frame) => void) {
    this.#call = call;
    this.#stream = stream;
    this.#send = send;
    this.#queue = new ItemQueue((bytes) => {
      this.#grant(bytes);
    });
  }

  /** Takes an item of so many bytes. @throws RpcError `MESSAGE_MALFORMED` for more than was granted */
  push(item: unknown, bytes: number): void {
    if (this.#ended) {
      return; // it was in flight when the stream was left
    }
    if (this.#allowedBytes <= 0) {
      throw malformed('more of a stream than there was credit for');
    }
    this.#allowedBytes -= bytes;
    this.#queue.push(item, bytes);
  }

  /** Ends the stream, with the error of its call if that failed. */
  end(error: RpcError | undefined): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#queue.end(error);
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    if (this.#reading) {
      throw coreError('ARGUMENT_INVALID', 'a stream among the arguments can be read only once');
    }
    this.#reading = true;
    return this.#queue.read(() => {
      if (!this.#ended) {
        this.#ended = true;
        this.#send({ kind: 'end', call: this.#call, stream: this.#stream });
      }
    });
  }

  /** Grants what was read in few large steps: each is a message to the other side. */
  #grant(bytes: number): void {
    this.#readBytes += bytes;
    if (!this.#ended && this.#readBytes >= streamWindowBytes / 4) {
      this.#allowedBytes += this.#readBytes;
      this.#send({ kind: 'credit', call: this.#call, bytes: this.#readBytes, stream: this.#stream });
      this.#readBytes = 0;
    }
  }
}
