import type { Frame } from './frame.js';

/** How much of a stream of items a side accepts before it grants credit. */
export interface FlowWindow {
  readonly bytes: number;
  /** `Infinity` where the items are not counted, as by peers of older versions. */
  readonly items: number;
}

/** Returns the window that the other side's hello declares. */
export function windowIn({ itemWindow, itemCountWindow }: Frame & { kind: 'hello' }): FlowWindow {
  return { bytes: itemWindow, items: itemCountWindow === 0 ? Infinity : itemCountWindow };
}

/** How many items are buffered for a reader, whatever their size: few, as each may have cost its sender work. */
export const windowItems = 64;

/** What is left of the other side's window. */
export class SendWindow {
  #bytes: number;
  #items: number;
  #resume: (() => void) | undefined;

  constructor({ bytes, items }: FlowWindow) {
    this.#bytes = bytes;
    this.#items = items;
  }

  /**
   * Returns undefined where another item may be sent, whose size may exceed what is left; otherwise a promise that
   * fulfils once it may, or when the window is released.
   */
  room(): Promise<void> | undefined {
    if (this.#bytes > 0 && this.#items > 0) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Notes that an item was sent. */
  spend(bytes: number): void {
    this.#bytes -= bytes;
    this.#items -= 1;
  }

  /** Takes the credit that the other side granted. */
  grant(bytes: number, items: number): void {
    this.#bytes += bytes;
    this.#items += items;
    if (this.#bytes > 0 && this.#items > 0) {
      this.release();
    }
  }

  /** Ends the wait for room: it is there, or nothing is sent any more. */
  release(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}
