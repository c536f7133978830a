/** How far below the highest number a call's may be, as calls are not always sent in the order in which they are made. */
export const callNumberWindow = 16_384;

/** Remembers the call numbers used in a session, so that none is used twice: a replayed call never runs. */
export class CallNumbers {
  #highest = 0;
  // A bit for each number of the window; allocated by the first call, as most sessions of a large server are idle.
  #used: Uint8Array | undefined;

  /** Takes a number for a call; returns false when it was used, or is too old to know. */
  take(number: number): boolean {
    this.#used ??= new Uint8Array(callNumberWindow / 8);
    if (number > this.#highest) {
      this.#slideTo(number, this.#used);
    } else if (number <= this.#highest - callNumberWindow) {
      return false;
    }
    const bit = number % callNumberWindow;
    const mask = 1 << (bit & 7);
    const byte = this.#used[bit >> 3] as number;
    if ((byte & mask) !== 0) {
      return false;
    }
    this.#used[bit >> 3] = byte | mask;
    return true;
  }

  #slideTo(number: number, used: Uint8Array): void {
    if (number - this.#highest >= callNumberWindow) {
      used.fill(0);
    } else {
      for (let each = this.#highest + 1; each <= number; each++) {
        const bit = each % callNumberWindow;
        used[bit >> 3] = (used[bit >> 3] as number) & ~(1 << (bit & 7));
      }
    }
    this.#highest = number;
  }
}
