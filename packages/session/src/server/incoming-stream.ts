import { coreError, type RpcError } from '@patchbay/objects';

import type { Frame } from '../protocol/frame.js';
import { windowItems } from '../protocol/flow-window.js';
import { ItemQueue } from '../protocol/item-queue.js';
import { malformed } from '../protocol/message-reader.js';

/** How much of a stream among a call's arguments may be buffered unread: 1 MiB, in few items. */
export const streamWindow = { bytes: 1024 * 1024, items: windowItems };

/** A stream among the arguments of a call, read once. It buffers no more than its window: a slow reader slows its sender. */
export class IncomingStream implements AsyncIterable<unknown> {
  readonly #queue: ItemQueue;
  readonly #call: number;
  readonly #stream: number;
  readonly #send: (frame: Frame) => void;
  #allowedBytes = streamWindow.bytes;
  #reading = false;
  #ended = false;

  constructor(call: number, stream: number, send: (frame: Frame) => void) {
    this.#call = call;
    this.#stream = stream;
    this.#send = send;
    this.#queue = new ItemQueue(streamWindow, (bytes, items) => {
      if (!this.#ended) {
        this.#allowedBytes += bytes;
        this.#send({ kind: 'credit', call, bytes, items, stream });
      }
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
}
