import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock } from '@patchbay/core';

import { errnoOf } from './pool-error.js';

/** A name for a file that is not whole yet; disposing of it removes the file, where one was made. */
export interface Temporary extends AsyncDisposable {
  readonly path: string;
}

/** The temporary files of a pool. What a crash left is told from what is under way by this process's own list. */
export class TemporaryFiles {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #inUse = new Set<string>();

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Gives a fresh path; nothing is made there yet. */
  create(): Temporary {
    const name = `patchbay-${randomUUID()}.part`;
    const path = join(this.#directory, name);
    this.#inUse.add(name);
    return {
      path,
      [Symbol.asyncDispose]: async () => {
        await rm(path, { force: true });
        this.#inUse.delete(name);
      },
    };
  }

  /** Removes the files that nobody here uses and nobody has written for `olderThanMs`; gives their number. */
  async removeOlderThan(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (const name of await readdir(this.#directory)) {
      if (!name.startsWith('patchbay-') || this.#inUse.has(name)) {
        continue;
      }
      const path = join(this.#directory, name);
      const modifiedAtMs = await stat(path).then(
        (stats) => stats.mtimeMs,
        (error: unknown) => {
          if (errnoOf(error) === 'ENOENT') {
            return Infinity;
          }
          throw error;
        },
      );
      if (this.#clock.now() - modifiedAtMs >= olderThanMs) {
        await rm(path, { force: true });
        removed += 1;
      }
    }
    return removed;
  }
}
