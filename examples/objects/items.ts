import type { Clock } from '@patchbay/rpcserver';

import { depotError } from './errors.js';

/** The items of a depot, in memory. */
export class Items {
  readonly #contents = new Map<string, Buffer>();
  readonly #held = new Set<string>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get names(): string[] {
    return [...this.#contents.keys()].sort();
  }

  /** Returns the size of an item, in bytes. @throws RpcError `ITEM_NOT_FOUND` */
  sizeOf(name: string): number {
    const content = this.#contents.get(name);
    if (content === undefined) {
      throw depotError('ITEM_NOT_FOUND', `there is no item "${name}"; the method list returns them all`);
    }
    return content.length;
  }

  put(name: string, content: Buffer): void {
    this.#contents.set(name, content);
  }

  /** Removes an item unless it is held; does nothing if it does not exist. */
  remove(name: string): void {
    if (!this.#held.has(name)) {
      this.#contents.delete(name);
    }
  }

  hold(name: string): void {
    this.#held.add(name);
  }

  letGo(name: string): void {
    this.#held.delete(name);
  }

  /** Waits until an item exists; rejects when the signal aborts. */
  async waitFor(name: string, pauseMs: number, signal: AbortSignal): Promise<void> {
    while (!this.#contents.has(name)) {
      await this.#clock.sleep(pauseMs, { signal });
    }
  }
}
