import { chmod, link, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Clock, isRpcError } from '@patchbay/objects';

import { type VolumeRef } from '../volume-pool.js';
import { requireRoom } from './capacity.js';
import { asPoolError, errnoOf, poolUnavailable } from './pool-error.js';
import { directoryOfKind, modeOfKind, temporaryDirectory, volumePath } from './pool-layout.js';
import { createMarker, markerName, readMarker } from './pool-marker.js';
import { syncDirectory } from './sync.js';
import { type Temporary, TemporaryFiles } from './temporary-files.js';

/** How the directory of a pool is opened. */
export interface PoolDirectoryOptions {
  /** The id that the pool had when it was last opened; undefined at the first time. */
  readonly expectedId?: string | undefined;
  /** Which part of the filesystem may be used before nothing new is taken in; 1, all of it, when it is not given. */
  readonly highWater?: number | undefined;
  /** Whether a pool with an `expectedId` that is not there is refused (the default), or opened for when it comes. */
  readonly whenMissing?: 'refuse' | 'wait' | undefined;
  /** Called once when the pool is there, before it is used; what it throws, every use of the pool does. */
  readonly onFound?: ((id: string) => Promise<void>) | undefined;
  readonly clock: Clock;
}

/** The directory behind a pool: which pool it is, whether it is there, and how a file appears in it. */
export class PoolDirectory {
  readonly path: string;
  /** Identifies the pool, wherever its filesystem is mounted. */
  readonly id: string;
  readonly temporaries: TemporaryFiles;
  readonly highWater: number;
  readonly #onFound: PoolDirectoryOptions['onFound'];
  #prepared: Promise<void> | undefined;

  private constructor(path: string, id: string, { clock, highWater = 1, onFound }: PoolDirectoryOptions) {
    this.path = path;
    this.id = id;
    this.temporaries = new TemporaryFiles(join(path, temporaryDirectory), clock);
    this.highWater = highWater;
    this.#onFound = onFound;
  }

  /**
   * Opens a pool. Without an `expectedId` it is the first time: the directory and what belongs in it are made,
   * and a pool that is there is taken as it is. With one, only that very pool will do.
   * @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL`
   */
  static async open(path: string, options: PoolDirectoryOptions): Promise<PoolDirectory> {
    const { expectedId, whenMissing = 'refuse' } = options;
    const directory = new PoolDirectory(path, expectedId ?? (await makePool(path)), options);
    try {
      await directory.assertAvailable();
    } catch (error) {
      if (expectedId === undefined || whenMissing === 'refuse' || !isRpcError(error, 'POOL_UNAVAILABLE')) {
        throw error;
      }
    }
    return directory;
  }

  /** Gives a volume's absolute path. */
  pathOf(volume: VolumeRef): string {
    return volumePath(this.path, volume);
  }

  /**
   * Makes sure that the directory still is the pool: what is below an unmounted one must neither be filled nor
   * taken for a pool whose volumes are gone. @throws RpcError `POOL_UNAVAILABLE`
   */
  assertAvailable(): Promise<void> {
    return this.use(() => Promise.resolve());
  }

  /** Does something with the pool's files, if they are there. @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL` */
  async use<T>(work: () => Promise<T>): Promise<T> {
    try {
      assertSamePool(this.path, await readMarker(this.path), this.id);
      await this.#prepare();
      return await work();
    } catch (error) {
      throw await asPoolError(error, this.path);
    }
  }

  /** Makes sure that `neededBytes` fit. @throws RpcError `POOL_HIGH_WATER`, `POOL_FULL`, `POOL_UNAVAILABLE` */
  async assertRoom(neededBytes: number): Promise<void> {
    await requireRoom(this.path, neededBytes, this.highWater);
  }

  /** Does once what makes the directory fit for use; a try that failed is made again at the next use. */
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

  /**
   * Makes a temporary file, at least `sizeBytes` long, the volume's file: whole, durable and with the volume's
   * permissions before it has its name. A file that has the name already is left as it is.
   */
  async publish(temporary: Pick<Temporary, 'path'>, volume: VolumeRef, sizeBytes: number): Promise<void> {
    const path = this.pathOf(volume);
    await chmod(temporary.path, 0o600);
    const handle = await open(temporary.path, 'r+');
    try {
      if ((await handle.stat()).size < sizeBytes) {
        await handle.truncate(sizeBytes);
      }
      await handle.chmod(modeOfKind[volume.kind]);
      await handle.sync();
    } finally {
      await handle.close();
    }
    try {
      // Unlike a rename, a link never replaces a file that an initiator may be writing.
      await link(temporary.path, path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') {
        throw error;
      }
    }
    await syncDirectory(dirname(path));
  }
}

/** Makes a directory a pool, or takes the pool that is there; gives its id. @throws RpcError `POOL_UNAVAILABLE` */
async function makePool(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o750 });
    return (await readMarker(path)) ?? (await createMarker(path));
  } catch (error) {
    throw await asPoolError(error, path);
  }
}

/** Refuses a pool that is not there, or is another one. */
function assertSamePool(path: string, found: string | undefined, expected: string): void {
  if (found === undefined) {
    throw poolUnavailable(path, `${markerName} is missing; is its filesystem mounted?`);
  }
  if (found !== expected) {
    throw poolUnavailable(
      path,
      `it is the pool ${found}, not ${expected}; is another filesystem mounted there?`,
    );
  }
}

async function makeDirectories(pool: string): Promise<void> {
  const { dev } = await stat(pool);
  for (const name of [...Object.values(directoryOfKind), temporaryDirectory]) {
    const path = join(pool, name);
    await mkdir(path, { recursive: true, mode: 0o750 });
    if ((await stat(path)).dev !== dev) {
      // A file becomes whole under tmp/ and is linked to its place, which one filesystem alone can do.
      throw poolUnavailable(pool, `${name}/ is a filesystem (or subvolume) of its own; all must be on one`);
    }
  }
  await syncDirectory(pool);
}
