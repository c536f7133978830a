import { type Stats } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Clock, isRpcError, type Log, quoted } from '@patchbay/core';

import { storageError } from '../../errors.js';
import { type Exec } from '../../exec.js';
import { type VolumeKind, type VolumePool, type VolumeRef, type VolumeStat } from '../volume-pool.js';
import { PoolDirectory } from './pool-directory.js';
import { errnoOf, poolUnavailable } from './pool-error.js';
import { directoryOfKind, volumeIdOf } from './pool-layout.js';
import { hasReflinks, reflink } from './reflink.js';
import { sparseCopy } from './sparse-copy.js';
import { syncDirectory } from './sync.js';

/** What a pool of files needs. */
export interface FilePoolOptions {
  /** The pool's absolute path; made when the pool is opened for the first time. */
  readonly directory: string;
  /** The id that the pool had when it was last opened; undefined at the first time. */
  readonly expectedId?: string | undefined;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
}

/** A pool whose volumes are raw files in a directory. */
export class FilePool implements VolumePool {
  readonly directory: PoolDirectory;
  readonly copyOnWrite: boolean;
  readonly #exec: Exec;

  private constructor(directory: PoolDirectory, copyOnWrite: boolean, exec: Exec) {
    this.directory = directory;
    this.copyOnWrite = copyOnWrite;
    this.#exec = exec;
  }

  /**
   * Opens the pool in a directory, and finds out whether its filesystem has reflinks.
   * @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL`
   */
  static async open(options: FilePoolOptions): Promise<FilePool> {
    const { directory: path, expectedId, exec, clock, log } = options;
    const directory = await PoolDirectory.open(path, { expectedId, clock });
    return new FilePool(directory, await tryReflinks(directory, log), exec);
  }

  /** Identifies the pool; to be remembered, and given as `expectedId` from then on. */
  get id(): string {
    return this.directory.id;
  }

  path(volume: VolumeRef): string {
    return this.directory.pathOf(volume);
  }

  async stat(volume: VolumeRef): Promise<VolumeStat | undefined> {
    const path = this.path(volume);
    return this.directory.use(() => statOf(path));
  }

  async ensureCloned(
    source: VolumeRef,
    target: VolumeRef,
    options: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { sizeBytes = 0, signal } = options;
    const targetPath = this.path(target);
    const sourcePath = this.path(source);
    await this.directory.use(async () => {
      signal?.throwIfAborted();
      if ((await statOf(targetPath)) !== undefined) {
        return;
      }
      const sourceStat = await statOf(sourcePath);
      if (sourceStat === undefined) {
        throw storageError(
          'VOLUME_MISSING',
          `the ${source.kind} ${quoted(source.id)} has no file ${sourcePath}`,
          {
            details: { kind: source.kind, id: source.id, path: sourcePath },
          },
        );
      }
      await using temporary = this.directory.temporaries.create();
      if (!(await reflink(sourcePath, temporary.path))) {
        if (this.copyOnWrite) {
          // A copy instead would be no point in time, which the caller relies on.
          throw poolUnavailable(
            this.directory.path,
            `${sourcePath} cannot share its blocks, though the filesystem can; has it attributes such as +C?`,
          );
        }
        await this.directory.assertRoom(sourceStat.usedBytes);
        await sparseCopy(sourcePath, temporary.path, { exec: this.#exec, signal });
      }
      signal?.throwIfAborted();
      await this.directory.publish(temporary, target, sizeBytes);
    });
  }

  async ensureRemoved(volume: VolumeRef): Promise<void> {
    const path = this.path(volume);
    await this.directory.use(async () => {
      await rm(path, { force: true });
      await syncDirectory(dirname(path));
    });
  }

  async list(): Promise<readonly { readonly volume: VolumeRef; readonly modifiedAtMs: number }[]> {
    return this.directory.use(async () => {
      const found: { volume: VolumeRef; modifiedAtMs: number }[] = [];
      for (const [kind, name] of Object.entries(directoryOfKind) as [VolumeKind, string][]) {
        const directory = join(this.directory.path, name);
        for (const file of await readdir(directory)) {
          const id = volumeIdOf(file);
          const stats = id === undefined ? undefined : await statIfThere(join(directory, file));
          if (id !== undefined && stats !== undefined) {
            found.push({ volume: { kind, id }, modifiedAtMs: stats.mtimeMs });
          }
        }
      }
      return found;
    });
  }

  async removeTemporaries(olderThanMs: number): Promise<number> {
    return this.directory.use(() => this.directory.temporaries.removeOlderThan(olderThanMs));
  }
}

/** Finds out whether clones will be instant; a pool that is full must open too, or nothing could be deleted. */
async function tryReflinks(directory: PoolDirectory, log: Log): Promise<boolean> {
  const pool = directory.path;
  try {
    const copyOnWrite = await directory.use(() => hasReflinks(pool, directory.temporaries));
    if (!copyOnWrite) {
      log.warn(
        'the filesystem of the pool has no reflinks, so that every clone is a slow, full copy; ' +
          'put the pool on XFS (mkfs.xfs -m reflink=1) or Btrfs',
        { pool },
      );
    }
    return copyOnWrite;
  } catch (error) {
    if (!isRpcError(error, 'POOL_FULL')) {
      throw error;
    }
    log.warn('the pool is too full to find out whether its filesystem has reflinks; free some space', {
      pool,
      error,
    });
    return false;
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

async function statOf(path: string): Promise<VolumeStat | undefined> {
  const stats = await statIfThere(path);
  // The kernel counts blocks of 512 bytes here, whatever the filesystem's own block size is.
  return stats && { sizeBytes: stats.size, usedBytes: stats.blocks * 512 };
}
