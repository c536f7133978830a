/** How far below the highest number a call's may be, as calls are not always sent in the order in which they are made. */
export const replayWindowSize = 16_384;

/** Remembers which of the latest call numbers a session has used, so that none is used twice: a replayed call never runs. */
export class ReplayWindow {
  #highest = 0;
  // A bit for each number of the window; allocated by the first call, as most sessions of a large server are idle.
  #used: Uint8Array | undefined;

  /** Accepts the number of a call; returns false for one that was used, or is too old to know. */
  accept(number: number): boolean {
    this.#used ??= new Uint8Array(replayWindowSize / 8);
    if (number > this.#highest) {
      this.#slideTo(number, this.#used);
    } else if (number <= this.#highest - replayWindowSize) {
      return false;
    }
    const bit = number % replayWindowSize;
    const mask = 1 << (bit & 7);
    const byte = this.#used[bit >> 3] as number;
    if ((byte & mask) !== 0) {
      return false;
    }
    this.#used[bit >> 3] = byte | mask;
    return true;
  }

  #slideTo(number: number, used: Uint8Array): void {
    if (number - this.#highest >= replayWindowSize) {
      used.fill(0);
    } else {
      for (let each = this.#highest + 1; each <= number; each++) {
        const bit = each % replayWindowSize;
        used[bit >> 3] = (used[bit >> 3] as number) & ~(1 << (bit & 7));
      }
    }
    this.#highest = number;
  }
}
