import type { RpcError } from '@patchbay/objects';

import { rejectionFor } from './caller-frames.js';
import type { FlowWindow } from './flow-window.js';

type Step = IteratorResult<unknown, undefined>;

interface Waiter {
  readonly promise: Promise<Step>;
  readonly resolve: (step: Step | PromiseLike<Step>) => void;
}

/** Holds items between their arrival and their reader, and grants credit as they are read. */
export class ItemQueue {
  readonly #window: FlowWindow;
  readonly #grant: (bytes: number, items: number) => void;
  /** What was read and is not granted yet. */
  #readBytes = 0;
  #readItems = 0;
  #items: { readonly item: unknown; readonly bytes: number }[] = [];
  readonly #waiters: Waiter[] = [];
  #hasReader = false;
  #dropping = false;
  #ended = false;
  #error: RpcError | undefined;

  /**
   * @param window what the sender may send without credit
   * @param grant lets the sender send this much more: in few large steps, as each is a message
   */
  constructor(window: FlowWindow, grant: (bytes: number, items: number) => void) {
    this.#window = window;
    this.#grant = grant;
  }

  push(item: unknown, bytes: number): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: item });
      this.#noteRead(bytes, 1);
    } else if (this.#dropping) {
      this.#noteRead(bytes, 1);
    } else {
      this.#items.push({ item, bytes });
    }
  }

  end(error: RpcError | undefined): void {
    this.#ended = true;
    this.#error = error;
    for (const { promise, resolve } of this.#waiters.splice(0)) {
      resolve(this.#last(promise));
    }
  }

  /** Drops the items that are here and those to come, unless there is a reader: the caller only awaits the result. */
  dropUnlessRead(): void {
    if (this.#hasReader) {
      return;
    }
    this.#dropping = true;
    const dropped = this.#items;
    this.#items = [];
    this.#noteRead(
      dropped.reduce((sum, { bytes }) => sum + bytes, 0),
      dropped.length,
    );
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

  #noteRead(bytes: number, items: number): void {
    this.#readBytes += bytes;
    this.#readItems += items;
    if (this.#readBytes >= this.#window.bytes / 4 || this.#readItems >= this.#window.items / 2) {
      this.#grant(this.#readBytes, this.#readItems);
      this.#readBytes = 0;
      this.#readItems = 0;
    }
  }

  #next(): Promise<Step> {
    const entry = this.#items.shift();
    if (entry !== undefined) {
      this.#noteRead(entry.bytes, 1);
      return Promise.resolve({ done: false, value: entry.item });
    }
    if (this.#ended) {
      return this.#last();
    }
    let resolve: Waiter['resolve'] = () => undefined;
    const promise = new Promise<Step>((settle) => {
      resolve = settle;
    });
    this.#waiters.push({ promise, resolve });
    return promise;
  }

  #last(waiting?: Promise<Step>): Promise<Step> {
    return this.#error === undefined
      ? Promise.resolve({ done: true, value: undefined })
      : rejectionFor(this.#error, waiting);
  }
}
