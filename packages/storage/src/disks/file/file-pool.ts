import { type Stats } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { isRpcError, type Log, quoted } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { type Exec } from '../../exec.js';
import {
  type PoolCapacity,
  type VolumeKind,
  type VolumePool,
  type VolumeRef,
  type VolumeStat,
} from '../volume-pool.js';
import { capacityOf } from './capacity.js';
import { foreignFiles } from './foreign-files.js';
import { PoolDirectory, type PoolDirectoryOptions } from './pool-directory.js';
import { errnoOf, poolUnavailable } from './pool-error.js';
import { directoryOfKind, volumeIdOf } from './pool-layout.js';
import { hasReflinks, reflink } from './reflink.js';
import { sparseCopy } from './sparse-copy.js';
import { syncDirectory } from './sync.js';

/** What a pool of files needs. */
export interface FilePoolOptions extends PoolDirectoryOptions {
  /** The pool's absolute path; made when the pool is opened for the first time. */
  readonly directory: string;
  readonly exec: Exec;
  readonly log: Log;
}

/** A pool whose volumes are raw files in a directory. */
export class FilePool implements VolumePool {
  readonly directory: PoolDirectory;
  readonly #exec: Exec;
  readonly #log: Log;
  #copyOnWrite: boolean | undefined;

  private constructor(directory: PoolDirectory, { exec, log }: FilePoolOptions) {
    this.directory = directory;
    this.#exec = exec;
    this.#log = log;
  }

  /**
   * Opens the pool in a directory, and finds out whether its filesystem has reflinks. With `whenMissing: 'wait'` a
   * pool that is away or read-only is opened too: what cannot be done fails until it can.
   * @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL`
   */
  static async open(options: FilePoolOptions): Promise<FilePool> {
    const pool = new FilePool(await PoolDirectory.open(options.directory, options), options);
    try {
      await pool.#findReflinks();
    } catch (error) {
      if (options.whenMissing !== 'wait' || !isRpcError(error, 'POOL_UNAVAILABLE')) {
        throw error;
      }
      options.log.error('the pool cannot be used now; what is asked of it is refused until it can', {
        error,
      });
    }
    return pool;
  }

  /** False also as long as it is not known; whatever makes something new has asked for room before. */
  get copyOnWrite(): boolean {
    return this.#copyOnWrite ?? false;
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

  async stats(volumes: readonly VolumeRef[]): Promise<readonly (VolumeStat | undefined)[]> {
    return this.directory.use(() => Promise.all(volumes.map((volume) => statOf(this.path(volume)))));
  }

  async capacity(): Promise<PoolCapacity> {
    const { path, highWater } = this.directory;
    return this.directory.use(() => capacityOf(path, highWater));
  }

  async requireRoom(neededBytes = 0): Promise<void> {
    await this.directory.use(() => this.directory.assertRoom(neededBytes));
    await this.#findReflinks();
  }

  async ensureCloned(
    source: VolumeRef,
    target: VolumeRef,
    options: { readonly sizeBytes?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const { sizeBytes = 0, signal } = options;
    const targetPath = this.path(target);
    const sourcePath = this.path(source);
    await this.#findReflinks();
    await this.directory.use(async () => {
      signal?.throwIfAborted();
      if ((await statOf(targetPath)) !== undefined) {
        return;
      }
      const sourceStat = await statOf(sourcePath);
      if (sourceStat === undefined) {
        throw volumeMissing(source, sourcePath);
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

  async ensureSize(volume: VolumeRef, sizeBytes: number): Promise<void> {
    const path = this.path(volume);
    await this.directory.use(async () => {
      const stats = await statOf(path);
      if (stats === undefined) {
        throw volumeMissing(volume, path);
      }
      if (stats.sizeBytes < sizeBytes) {
        await using handle = await open(path, 'r+');
        await handle.truncate(sizeBytes);
        await handle.sync();
      }
    });
  }

  async ensureReplaced(target: VolumeRef, source: VolumeRef): Promise<void> {
    const [targetPath, sourcePath] = [this.path(target), this.path(source)];
    await this.directory.use(async () => {
      if ((await statOf(sourcePath)) === undefined) {
        return;
      }
      await rename(sourcePath, targetPath);
      await syncDirectory(dirname(targetPath));
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

  async foreign(): Promise<readonly string[]> {
    return this.directory.use(() => foreignFiles(this.directory.path));
  }

  async removeTemporaries(olderThanMs: number, { dryRun = false } = {}): Promise<number> {
    return this.directory.use(() => this.directory.temporaries.removeOlderThan(olderThanMs, dryRun));
  }

  async #findReflinks(): Promise<void> {
    this.#copyOnWrite ??= await tryReflinks(this.directory, this.#log);
  }
}

/**
 * Finds out whether clones will be instant. A pool that is full must open too, or nothing could be deleted: then it
 * is not known yet.
 */
async function tryReflinks(directory: PoolDirectory, log: Log): Promise<boolean | undefined> {
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
    return undefined;
  }
}

function volumeMissing({ kind, id }: VolumeRef, path: string): Error {
  return storageError('VOLUME_MISSING', `the ${kind} ${quoted(id)} has no file ${path}`, {
    details: { kind, id, path },
  });
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
