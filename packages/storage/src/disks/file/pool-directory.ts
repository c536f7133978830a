import { chmod, link, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Clock, makeDirectory } from '@patchbay/objects';

import type { VolumeRef } from '../volume-pool.js';
import { requireRoom } from './capacity.js';
import { asPoolError, errnoOf, isAway, isFull, poolUnavailable } from './pool-error.js';
import { directoryOfKind, modeOfKind, temporaryDirectory, volumePath } from './pool-layout.js';
import { PoolGeneration } from './pool-generation.js';
import { createMarker, markerName, readMarker } from './pool-marker.js';
import { sync } from './sync.js';
import { type TemporaryFile, TemporaryFiles } from './temporary-files.js';

/** How the directory of a pool is opened. */
export interface PoolDirectoryOptions {
  /** The pool's absolute path; created when the pool is opened for the first time. */
  readonly directory: string;
  /** The id that the pool had when it was last opened; undefined the first time. */
  readonly expectedId?: string | undefined;
  /** The fraction of the filesystem above which nothing new is accepted; default: 1, all of it. */
  readonly highWater?: number | undefined;
  /** Whether a missing pool with an `expectedId` is refused (the default), or opened for when it appears. */
  readonly whenMissing?: 'refuse' | 'wait' | undefined;
  /** Called once when the pool is available, before it is used; while it throws, so does every use of the pool. */
  readonly onFound?: ((id: string) => Promise<void>) | undefined;
  /** Returns how far the catalog has come, which the pool notes before a volume appears. */
  readonly generation?: (() => Promise<number>) | undefined;
  /** Frees some space, by emptying the trash; reports whether there was any to free. Default: there never is. */
  readonly freeSome?: (() => Promise<boolean>) | undefined;
  readonly clock: Clock;
}

/**
 * Opens the directory of a pool. Without an `expectedId`, the first time, the directory and its content are created, or
 * the pool that is there is used. With one, only that very pool is accepted.
 * @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL`
 */
export async function openPoolDirectory(options: PoolDirectoryOptions): Promise<PoolDirectory> {
  const { directory: path, expectedId, whenMissing = 'refuse' } = options;
  const directory = new PoolDirectory(expectedId ?? (await createPool(path)), options);
  try {
    await directory.assertAvailable();
  } catch (error) {
    if (expectedId === undefined || whenMissing === 'refuse' || !isAway(error)) {
      throw error;
    }
  }
  return directory;
}

/** The directory of a pool: identifies it, checks that it is available, and publishes files. Created by `openPoolDirectory`. */
export class PoolDirectory {
  readonly path: string;
  /** Identifies the pool, wherever its filesystem is mounted. */
  readonly id: string;
  readonly temporaries: TemporaryFiles;
  readonly highWater: number;
  readonly generation: PoolGeneration;
  readonly #catalogGeneration: PoolDirectoryOptions['generation'];
  readonly #onFound: PoolDirectoryOptions['onFound'];
  readonly #freeSome: PoolDirectoryOptions['freeSome'];
  #prepared: Promise<void> | undefined;

  constructor(
    id: string,
    { directory, clock, highWater = 1, generation, onFound, freeSome }: PoolDirectoryOptions,
  ) {
    this.path = directory;
    this.id = id;
    this.temporaries = new TemporaryFiles(join(directory, temporaryDirectory), clock);
    this.highWater = highWater;
    this.generation = new PoolGeneration(directory);
    this.#catalogGeneration = generation;
    this.#onFound = onFound;
    this.#freeSome = freeSome;
  }

  pathOf(volume: VolumeRef): string {
    return volumePath(this.path, volume);
  }

  /**
   * Asserts that the directory still is the pool: an unmounted mount point must neither be filled nor taken for a pool
   * whose volumes are gone. @throws RpcError `POOL_UNAVAILABLE`
   */
  assertAvailable(): Promise<void> {
    return this.use(() => Promise.resolve());
  }

  /** Runs work on the pool's files, if the pool is available. @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL` */
  async use<T>(work: () => Promise<T>): Promise<T> {
    try {
      const found = await readMarker(this.path);
      if (found !== this.id) {
        const why =
          found === undefined
            ? `${markerName} is missing; check that its filesystem is mounted`
            : `it is the pool ${found}, not ${this.id}; check whether another filesystem is mounted there`;
        throw poolUnavailable(this.path, why);
      }
      await this.#prepare();
      return await work();
    } catch (error) {
      throw await asPoolError(error, this.path);
    }
  }

  /** Asserts that `neededBytes` fit. @throws RpcError `POOL_HIGH_WATER`, `POOL_FULL`, `POOL_UNAVAILABLE` */
  async assertRoom(neededBytes: number): Promise<void> {
    await requireRoom(this.path, neededBytes, this.highWater);
  }

  /** Empties the trash until `neededBytes` fit. @throws RpcError as `assertRoom`, when that is not enough */
  async makeRoom(neededBytes: number): Promise<void> {
    while (!(await this.#fits(neededBytes))) {
      if ((await this.#freeSome?.()) !== true) {
        await this.assertRoom(neededBytes);
        return;
      }
    }
  }

  async #fits(neededBytes: number): Promise<boolean> {
    try {
      await this.assertRoom(neededBytes);
      return true;
    } catch (error) {
      if (isFull(error)) {
        return false;
      }
      throw error;
    }
  }

  /** Prepares the directory once; a failed attempt is repeated at the next use. */
  #prepare(): Promise<void> {
    this.#prepared ??= (async () => {
      await this.#onFound?.(this.id);
      await makeDirectories(this.path);
    })().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  /** Notes how far the catalog has come. */
  async raiseGeneration(): Promise<void> {
    const generation = await this.#catalogGeneration?.();
    if (generation !== undefined) {
      await this.generation.raise(generation);
    }
  }

  /**
   * Publishes a temporary file, grown to at least `sizeBytes`, as the volume's file: it is complete, durable and has the
   * volume's permissions before it gets its name. An existing file of that name is kept.
   */
  async publish(temporary: Pick<TemporaryFile, 'path'>, volume: VolumeRef, sizeBytes: number): Promise<void> {
    const path = this.pathOf(volume);
    await chmod(temporary.path, 0o600);
    {
      await using handle = await open(temporary.path, 'r+');
      if ((await handle.stat()).size < sizeBytes) {
        await handle.truncate(sizeBytes);
      }
      await handle.chmod(modeOfKind[volume.kind]);
      await handle.sync();
    }
    await this.raiseGeneration();
    try {
      // Unlike rename, link never replaces a file that an initiator may be writing.
      await link(temporary.path, path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') {
        throw error;
      }
    }
    await sync(dirname(path));
  }
}

/** Creates a pool in a directory unless there is one, and returns its id. @throws RpcError `POOL_UNAVAILABLE` */
async function createPool(path: string): Promise<string> {
  try {
    makeDirectory(path, 0o750);
    return (await readMarker(path)) ?? (await createMarker(path));
  } catch (error) {
    throw await asPoolError(error, path);
  }
}

async function makeDirectories(pool: string): Promise<void> {
  const { dev } = await stat(pool);
  for (const name of [...Object.values(directoryOfKind), temporaryDirectory]) {
    const path = join(pool, name);
    makeDirectory(path, 0o750);
    if ((await stat(path)).dev !== dev) {
      // Files are completed under tmp/ and then linked into place, which works within one filesystem only.
      const why = 'is a separate filesystem (or subvolume); all directories must be on the same one';
      throw poolUnavailable(pool, `${name}/ ${why}`);
    }
  }
  await sync(pool);
}
