import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { type Clock } from '@patchbay/objects';

import { errnoOf } from './pool-error.js';

/** A name for a file that is not whole yet; disposing of it removes the file, where one was made. */
export interface Temporary extends AsyncDisposable {
  readonly path: string;
}

/** A temporary file that may stay, with a note of what is in it, for whoever goes on with it. */
export interface LastingTemporary extends Temporary {
  /** Where the note is; there is none before the first. */
  readonly notePath: string;
  /** Writes the note, whole or not at all: from then on the file outlives this process, for a while. */
  note(text: string): Promise<void>;
  /** Leaves the file, which has a note, where it is. */
  keep(): void;
}

/** How long a file with a note stays, in milliseconds: a day. */
const keepNotedMs = 24 * 3_600_000;

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
    return this.#take(`patchbay-${randomUUID()}.part`);
  }

  /**
   * Gives the path of a key, where there may be a file with its note from before; a fresh path where somebody here
   * is at it already. @param key of the characters a-z, 0-9 and "-"
   */
  lasting(key: string): LastingTemporary {
    const name = `patchbay-${key}.part`;
    const file = this.#take(this.#inUse.has(name) ? `patchbay-${randomUUID()}.part` : name);
    const notePath = file.path + noteSuffix;
    let kept = false;
    return {
      path: file.path,
      notePath,
      note: async (text) => {
        await using draft = this.create();
        await writeFile(draft.path, text, { flush: true, mode: 0o600 });
        await rename(draft.path, notePath);
      },
      keep: () => {
        kept = true;
      },
      [Symbol.asyncDispose]: async () => {
        if (kept) {
          this.#letGo(file.path);
          return;
        }
        await rm(notePath, { force: true });
        await file[Symbol.asyncDispose]();
      },
    };
  }

  /**
   * Removes the files that nobody here uses and nobody has written for `olderThanMs`, those with a note for a day;
   * gives their number.
   */
  async removeOlderThan(olderThanMs: number, dryRun = false): Promise<number> {
    let removed = 0;
    const names = new Set(await readdir(this.#directory));
    for (const name of names) {
      const file = name.endsWith(noteSuffix) ? name.slice(0, -noteSuffix.length) : name;
      if (!name.startsWith('patchbay-') || this.#inUse.has(file)) {
        continue;
      }
      const isNoted = names.has(file) && names.has(file + noteSuffix);
      const path = join(this.#directory, name);
      if (this.#clock.now() - (await modifiedAtMs(path)) >= (isNoted ? keepNotedMs : olderThanMs)) {
        await (dryRun ? undefined : rm(path, { force: true }));
        removed += 1;
      }
    }
    return removed;
  }

  #take(name: string): Temporary {
    const path = join(this.#directory, name);
    this.#inUse.add(name);
    return {
      path,
      [Symbol.asyncDispose]: async () => {
        await rm(path, { force: true });
        this.#letGo(path);
      },
    };
  }

  #letGo(path: string): void {
    this.#inUse.delete(basename(path));
  }
}

const noteSuffix = '.json';

/** Gives when a file was written last; one that is gone is never old. */
async function modifiedAtMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return Infinity;
    }
    throw error;
  }
}
