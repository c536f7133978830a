import type { RpcError } from '@patchbay/objects';

import { withCallerFrames } from './caller-frames.js';

type Step = IteratorResult<unknown, undefined>;

/** Holds items between their arrival and their reader, and grants credit as they are read. */
export class ItemQueue {
  readonly #grant: (bytes: number) => void;
  #items: { readonly item: unknown; readonly bytes: number }[] = [];
  readonly #waiters: ((step: Step | PromiseLike<Step>) => void)[] = [];
  #hasReader = false;
  #dropping = false;
  #ended = false;
  #error: RpcError | undefined;

  /** @param grant lets the sender send this many more bytes */
  constructor(grant: (bytes: number) => void) {
    this.#grant = grant;
  }

  push(item: unknown, bytes: number): void {
    const resolve = this.#waiters.shift();
    if (resolve !== undefined) {
      resolve({ done: false, value: item });
      this.#grant(bytes);
    } else if (this.#dropping) {
      this.#grant(bytes);
    } else {
      this.#items.push({ item, bytes });
    }
  }

  end(error: RpcError | undefined): void {
    this.#ended = true;
    this.#error = error;
    for (const resolve of this.#waiters.splice(0)) {
      resolve(this.#last());
    }
  }

  /** Drops the items that are here and those to come, unless there is a reader: the caller only awaits the result. */
  dropUnlessRead(): void {
    if (this.#hasReader) {
      return;
    }
    this.#dropping = true;
    const bytes = this.#items.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#items = [];
    if (bytes > 0) {
      this.#grant(bytes);
    }
  }

  /** Returns a reader; it calls `leave` when it is closed before the end. */
  read(leave: () => void): AsyncIterator<unknown, undefined> {
    this.#hasReader = true;
    this.#dropping = false;
    return {
      next: () => this.#next(),
      return: () => {
        leave();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<Step> {
    const entry = this.#items.shift();
    if (entry !== undefined) {
      this.#grant(entry.bytes);
      return Promise.resolve({ done: false, value: entry.item });
    }
    if (this.#ended) {
      return this.#last();
    }
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  #last(): Promise<Step> {
    return this.#error === undefined
      ? Promise.resolve({ done: true, value: undefined })
      : withCallerFrames(this.#error);
  }
}
