import { chmod, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { isRpcError, type Log } from '@patchbay/objects';

import type { Exec } from '../../exec.js';
import type { PoolCapacity, VolumeKind, VolumePool, VolumeRef, VolumeStat } from '../volume-pool.js';
import { capacityOf } from './capacity.js';
import { reflink, sparseCopy } from './clone-file.js';
import { openPoolDirectory, type PoolDirectory, type PoolDirectoryOptions } from './pool-directory.js';
import { isAway, poolUnavailable, undefinedIfMissing, volumeMissing } from './pool-error.js';
import { directoryOfKind, foreignFiles, modeOfKind, volumeIdOf } from './pool-layout.js';
import { markerName } from './pool-marker.js';
import { sync } from './sync.js';

/** What a pool of files needs. */
export interface FilePoolOptions extends PoolDirectoryOptions {
  readonly exec: Exec;
  readonly log: Log;
}

/**
 * Opens the pool in a directory, and detects whether its filesystem has reflinks. With `whenMissing: 'wait'` a pool that
 * is missing or read-only is opened too: operations on it fail until it is available.
 * @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL`
 */
export async function openFilePool(options: FilePoolOptions): Promise<FilePool> {
  const { log, whenMissing } = options;
  const directory = await openPoolDirectory(options);
  try {
    return new FilePool(directory, await detectReflinks(directory, log), options);
  } catch (error) {
    if (whenMissing !== 'wait' || !isAway(error)) {
      throw error;
    }
    log.error('the pool is not available; requests that need it are refused until it is', { error });
    return new FilePool(directory, undefined, options);
  }
}

/** A pool whose volumes are raw files in a directory. Created by `openFilePool`. */
export class FilePool implements VolumePool {
  readonly directory: PoolDirectory;
  readonly #options: FilePoolOptions;
  #copyOnWrite: boolean | undefined;

  /** @param copyOnWrite undefined while it is not known */
  constructor(directory: PoolDirectory, copyOnWrite: boolean | undefined, options: FilePoolOptions) {
    this.directory = directory;
    this.#copyOnWrite = copyOnWrite;
    this.#options = options;
  }

  /** False while it is not known; whoever creates a volume has called `requireRoom` before, which detects it. */
  get copyOnWrite(): boolean {
    return this.#copyOnWrite ?? false;
  }

  /** Identifies the pool; to be stored, and passed as `expectedId` from then on. */
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
    await this.#detectReflinks();
  }

  async ensureCloned(
    source: VolumeRef,
    target: VolumeRef,
    { sizeBytes = 0, signal }: Parameters<VolumePool['ensureCloned']>[2] = {},
  ): Promise<void> {
    const targetPath = this.path(target);
    const sourcePath = this.path(source);
    await this.#detectReflinks();
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
          // A plain copy would not be the point-in-time copy that the caller relies on.
          throw poolUnavailable(
            this.directory.path,
            `${sourcePath} cannot share its blocks, although the filesystem has reflinks; check it for attributes such as +C`,
          );
        }
        await this.directory.makeRoom(sourceStat.usedBytes);
        await sparseCopy(sourcePath, temporary.path, { exec: this.#options.exec, signal });
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
      await chmod(sourcePath, modeOfKind[target.kind]);
      await rename(sourcePath, targetPath);
      await sync(dirname(targetPath));
      if (source.kind !== target.kind) {
        await sync(dirname(sourcePath));
      }
    });
  }

  async ensureRemoved(volume: VolumeRef): Promise<void> {
    const path = this.path(volume);
    await this.directory.use(async () => {
      await rm(path, { force: true });
      await sync(dirname(path));
    });
  }

  async list(): Promise<readonly { readonly volume: VolumeRef; readonly modifiedAtMs: number }[]> {
    return this.directory.use(async () => {
      const found: { volume: VolumeRef; modifiedAtMs: number }[] = [];
      for (const [kind, name] of Object.entries(directoryOfKind) as [VolumeKind, string][]) {
        const directory = join(this.directory.path, name);
        for (const file of await readdir(directory)) {
          const id = volumeIdOf(file);
          const stats = id === undefined ? undefined : await undefinedIfMissing(stat(join(directory, file)));
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

  async #detectReflinks(): Promise<void> {
    this.#copyOnWrite ??= await detectReflinks(this.directory, this.#options.log);
  }
}

/** Returns undefined if the pool is too full to tell: such a pool must still open, or nothing could be deleted. */
async function detectReflinks(directory: PoolDirectory, log: Log): Promise<boolean | undefined> {
  const pool = directory.path;
  try {
    const copyOnWrite = await directory.use(async () => {
      await using probe = directory.temporaries.create();
      return await reflink(join(pool, markerName), probe.path);
    });
    if (!copyOnWrite) {
      log.warn(
        'the filesystem of the pool has no reflinks, so every clone is a slow, full copy; ' +
          'put the pool on XFS (mkfs.xfs -m reflink=1) or Btrfs',
        { pool },
      );
    }
    return copyOnWrite;
  } catch (error) {
    if (!isRpcError(error, 'POOL_FULL')) {
      throw error;
    }
    log.warn('the pool is too full to detect whether its filesystem has reflinks; free some space', {
      pool,
      error,
    });
    return undefined;
  }
}

async function statOf(path: string): Promise<VolumeStat | undefined> {
  const stats = await undefinedIfMissing(stat(path));
  // The kernel counts blocks of 512 bytes here, whatever the filesystem's own block size is.
  return stats && { sizeBytes: stats.size, usedBytes: stats.blocks * 512 };
}
