import { coreError, type RpcError } from '@patchbay/objects';

import { ItemQueue } from './item-queue.js';
import { malformed } from './message-reader.js';

/** What a stream tells the side that it comes from. */
export interface IncomingStreamEvents {
  /** Lets it send this many more bytes. */
  readonly onCredit: (bytes: number) => void;
  /** Tells, once, that nobody reads the stream any more. */
  readonly onLeave: () => void;
}

/** A stream of the other side's, read once: it holds no more than its window, as what is not read slows its sender. */
export class IncomingStream implements AsyncIterable<unknown> {
  readonly #queue: ItemQueue;
  readonly #events: IncomingStreamEvents;
  readonly #windowBytes: number;
  #allowedBytes: number;
  #readBytes = 0;
  #begun = false;
  #ended = false;

  constructor(windowBytes: number, events: IncomingStreamEvents) {
    this.#windowBytes = windowBytes;
    this.#allowedBytes = windowBytes;
    this.#events = events;
    this.#queue = new ItemQueue((bytes) => {
      this.#grant(bytes);
    });
  }

  /** Takes an item of so many bytes. @throws RpcError `MESSAGE_MALFORMED` when more comes than was allowed */
  push(item: unknown, bytes: number): void {
    if (this.#ended) {
      return; // it was under way when the stream was left
    }
    if (this.#allowedBytes <= 0) {
      throw malformed('more of a stream than there was credit for');
    }
    this.#allowedBytes -= bytes;
    this.#queue.push(item, bytes);
  }

  /** Takes the end: of the stream, or with an error of the call that it belongs to. */
  end(error: RpcError | undefined): void {
    if (!this.#ended) {
      this.#ended = true;
      this.#queue.end(error);
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    if (this.#begun) {
      throw coreError('ARGUMENT_INVALID', 'a stream among the arguments can be read once only');
    }
    this.#begun = true;
    return this.#queue.read(() => {
      if (!this.#ended) {
        this.#ended = true;
        this.#events.onLeave();
      }
    });
  }

  /** Grants what was read in few large pieces: each is a message to the other side. */
  #grant(bytes: number): void {
    this.#readBytes += bytes;
    if (!this.#ended && this.#readBytes >= this.#windowBytes / 4) {
      this.#allowedBytes += this.#readBytes;
      this.#events.onCredit(this.#readBytes);
      this.#readBytes = 0;
    }
  }
}
