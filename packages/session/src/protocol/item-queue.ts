import { type RpcError } from '@patchbay/objects';

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: RpcError) => void;
}

/** Holds a call's items between their arrival and their reader, and grants credit as they are taken. */
export class ItemQueue {
  readonly #grant: (bytes: number) => void;
  #items: { readonly item: unknown; readonly bytes: number }[] = [];
  readonly #waiters: Waiter[] = [];
  #hasReader = false;
  #dropping = false;
  #ended = false;
  #error: RpcError | undefined;

  /** @param grant lets the sender send this many more bytes */
  constructor(grant: (bytes: number) => void) {
    this.#grant = grant;
  }

  push(item: unknown, bytes: number): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve({ done: false, value: item });
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
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      if (error === undefined) {
        resolve({ done: true, value: undefined });
      } else {
        reject(error);
      }
    }
  }

  /** Drops what is here and what comes, unless somebody reads it: the caller only awaits the result. */
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

  /** Begins to read; `leave` is called when the reader leaves before the end. */
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

  #next(): Promise<IteratorResult<unknown, undefined>> {
    const entry = this.#items.shift();
    if (entry !== undefined) {
      this.#grant(entry.bytes);
      return Promise.resolve({ done: false, value: entry.item });
    }
    if (this.#ended) {
      return this.#error === undefined
        ? Promise.resolve({ done: true, value: undefined })
        : Promise.reject(this.#error);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
    });
  }
}
