import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { Clock } from '@patchbay/objects';

import { undefinedIfMissing } from './pool-error.js';

/** The path of an incomplete file; disposal removes the file, if it was created. */
export interface TemporaryFile extends AsyncDisposable {
  readonly path: string;
}

/** A temporary file that can be kept, with a checkpoint that describes its content, so that work on it can be resumed. */
export interface ResumableFile extends TemporaryFile {
  /** The path of the checkpoint; there is no file before the first one. */
  readonly checkpointPath: string;
  /** Writes the checkpoint, atomically: from then on the file outlives this process, for a day. */
  checkpoint(text: string): Promise<void>;
  /** Keeps the file, which has a checkpoint, on disposal. */
  keep(): void;
}

/** How long a file with a checkpoint is kept, in milliseconds: a day. */
const keepResumableMs = 24 * 3_600_000;

/** The temporary files of a pool. Leftovers of a crash are those that are not in this process's own list. */
export class TemporaryFiles {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #inUse = new Set<string>();

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Returns a fresh path; no file is created yet. */
  create(): TemporaryFile {
    return this.#take(`patchbay-${randomUUID()}.part`);
  }

  /**
   * Returns the path of a key, which may have a file and a checkpoint from before; a fresh path if it is in use in this
   * process. @param key of the characters a-z, 0-9 and "-"
   */
  resumable(key: string): ResumableFile {
    const name = `patchbay-${key}.part`;
    const file = this.#take(this.#inUse.has(name) ? `patchbay-${randomUUID()}.part` : name);
    const checkpointPath = file.path + checkpointSuffix;
    let kept = false;
    return {
      path: file.path,
      checkpointPath,
      checkpoint: async (text) => {
        await using draft = this.create();
        await writeFile(draft.path, text, { flush: true, mode: 0o600 });
        await rename(draft.path, checkpointPath);
      },
      keep: () => {
        kept = true;
      },
      [Symbol.asyncDispose]: async () => {
        if (kept) {
          this.#inUse.delete(basename(file.path));
          return;
        }
        await rm(checkpointPath, { force: true });
        await file[Symbol.asyncDispose]();
      },
    };
  }

  /** Removes unused files not written for `olderThanMs`, or for a day if they have a checkpoint; returns their number. */
  async removeOlderThan(olderThanMs: number, dryRun = false): Promise<number> {
    let removed = 0;
    const names = new Set(await readdir(this.#directory));
    for (const name of names) {
      const file = name.endsWith(checkpointSuffix) ? name.slice(0, -checkpointSuffix.length) : name;
      if (!name.startsWith('patchbay-') || this.#inUse.has(file)) {
        continue;
      }
      const isResumable = names.has(file) && names.has(file + checkpointSuffix);
      const path = join(this.#directory, name);
      const { mtimeMs = Infinity } = (await undefinedIfMissing(stat(path))) ?? {};
      if (this.#clock.now() - mtimeMs >= (isResumable ? keepResumableMs : olderThanMs)) {
        await (dryRun ? undefined : rm(path, { force: true }));
        removed += 1;
      }
    }
    return removed;
  }

  #take(name: string): TemporaryFile {
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
}

const checkpointSuffix = '.json';
