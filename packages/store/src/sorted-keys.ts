/** How many keys a chunk has at most: a key that is added or removed moves those of its chunk alone. */
const chunkLength = 512;

/** A set of texts in the order of their code units. */
export class SortedKeys {
  /** None is empty, and each ends before the next one begins. */
  readonly #chunks: string[][] = [];

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Adds a key, unless it is there. */
  add(key: string): void {
    // What comes after every other key belongs to the last chunk.
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      return;
    }
    const index = firstIndex(chunk, (each) => each >= key);
    if (chunk[index] === key) {
      return;
    }
    chunk.splice(index, 0, key);
    if (chunk.length > chunkLength) {
      // Both copied: what a list has grown to it keeps, also when half of it is gone.
      this.#chunks.splice(at, 1, chunk.slice(0, chunkLength / 2), chunk.slice(chunkLength / 2));
    }
  }

  /** Deletes a key, if it is there. */
  delete(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at] ?? [];
    const index = firstIndex(chunk, (each) => each >= key);
    if (chunk[index] !== key) {
      return;
    }
    chunk.splice(index, 1);
    if (chunk.length === 0) {
      this.#chunks.splice(at, 1);
    }
  }

  /** Counts the keys from one on and before another. */
  count(from: string, to: string): number {
    return this.#position(to) - this.#position(from);
  }

  /** Returns the first keys, at most `limit`, from one on and before another. */
  slice(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at += 1) {
      const chunk = this.#chunks[at] ?? [];
      const start = firstIndex(chunk, (each) => each >= from);
      const end = Math.min(
        firstIndex(chunk, (each) => each >= to),
        start + limit - found.length,
      );
      found.push(...chunk.slice(start, end));
      if (end < chunk.length) {
        break;
      }
    }
    return found;
  }

  /** Counts the keys before one. */
  #position(key: string): number {
    const at = this.#chunkOf(key);
    const before = this.#chunks.slice(0, at).reduce((sum, { length }) => sum + length, 0);
    return before + firstIndex(this.#chunks[at] ?? [], (each) => each >= key);
  }

  /** Returns the index of the first chunk that does not end before a key; the number of chunks where all do. */
  #chunkOf(key: string): number {
    return firstIndex(this.#chunks, (chunk) => (chunk.at(-1) ?? '') >= key);
  }
}

/** Returns the first index from which on a condition holds; the length where it never does. */
function firstIndex<T>(sorted: readonly T[], holds: (each: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as T)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}
