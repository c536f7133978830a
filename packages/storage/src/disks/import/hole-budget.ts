import { formatBytes } from '@patchbay/objects';

import { sourceRefused } from './source.js';

/** So much of holes is hashed whatever the data: it takes a minute or two. */
const freeHoleBytes = 32 * 1024 ** 3;
/** How many times their data may the holes be that are hashed. */
const holesPerData = 128;

/**
 * Bounds how many zeros are hashed for a hole, which costs its sender a few bytes and the server seconds for each GiB.
 */
export class HoleBudget {
  readonly #source: string;
  readonly #advice: string;
  #holeBytes = 0;
  #dataBytes = 0;

  /** @param advice what to do instead */
  constructor(source: string, advice: string) {
    this.#source = source;
    this.#advice = advice;
  }

  data(bytes: number): void {
    this.#dataBytes += bytes;
  }

  /** @throws RpcError `SOURCE_REFUSED` when the holes so far are too large for the data so far */
  hole(bytes: number): void {
    this.#holeBytes += bytes;
    if (this.#holeBytes > Math.max(freeHoleBytes, holesPerData * this.#dataBytes)) {
      const found = `${formatBytes(this.#holeBytes)} in holes, with ${formatBytes(this.#dataBytes)} of data before`;
      throw sourceRefused(
        this.#source,
        `hashing the zeros of ${found}, would take too long; ${this.#advice}`,
      );
    }
  }
}
