import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { undefinedIfMissing } from './pool-error.js';
import { openNote, sealNote } from './pool-note.js';

const generationFile = 'patchbay-generation';
/** The digits of a generation; its file never changes its size, so that a write is one sector. */
const width = 20;
const digits = new RegExp(`^\\d{${String(width)}}$`);

/**
 * How far the catalog of a pool had come when a volume last appeared in the pool, as a number that the catalog counts
 * up. A catalog that has not come that far went back in time: an older copy was put in its place, or its last commits
 * were lost.
 */
export class PoolGeneration {
  readonly #path: string;
  #raisedTo = 0;
  #raising: Promise<void> = Promise.resolve();

  /** @param pool the directory of the pool */
  constructor(pool: string) {
    this.#path = join(pool, generationFile);
  }

  /** Returns the generation; undefined where none was written, `Infinity` where what was written is damaged. */
  async read(): Promise<number | undefined> {
    const content = await undefinedIfMissing(readFile(this.#path, 'utf8'));
    if (content === undefined) {
      return undefined;
    }
    const text = openNote(content);
    return text !== undefined && digits.test(text) ? Number(text) : Infinity;
  }

  /** Writes a generation durably unless this process has written it, or a later one, already. */
  raise(generation: number): Promise<void> {
    this.#raising = this.#raising
      .catch(() => undefined)
      .then(async () => {
        if (generation > this.#raisedTo) {
          await this.set(generation);
        }
      });
    return this.#raising;
  }

  /** Writes a generation durably, whatever is there. */
  async set(generation: number): Promise<void> {
    // Neither truncated nor replaced: cut short, either number is there.
    await using file =
      (await undefinedIfMissing(open(this.#path, 'r+'))) ?? (await open(this.#path, 'w', 0o640));
    await file.write(sealNote(String(generation).padStart(width, '0')), 0);
    await file.sync();
    this.#raisedTo = generation;
  }
}
