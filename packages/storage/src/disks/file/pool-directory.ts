import { chmod, link, mkdir, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Clock } from '@patchbay/core';

import { type VolumeRef } from '../volume-pool.js';
import { asPoolError, errnoOf, freeBytesOf, poolFull, poolUnavailable } from './pool-error.js';
import { directoryOfKind, modeOfKind, temporaryDirectory, volumePath } from './pool-layout.js';
import { createMarker, markerName, readMarker } from './pool-marker.js';
import { syncDirectory } from './sync.js';
import { type Temporary, TemporaryFiles } from './temporary-files.js';

/** The directory behind a pool: which pool it is, whether it is there, and how a file appears in it. */
export class PoolDirectory {
  readonly path: string;
  /** Identifies the pool, wherever its filesystem is mounted. */
  readonly id: string;
  readonly temporaries: TemporaryFiles;

  private constructor(path: string, id: string, clock: Clock) {
    this.path = path;
    this.id = id;
    this.temporaries = new TemporaryFiles(join(path, temporaryDirectory), clock);
  }

  /**
   * Opens a pool. Without an `expectedId` it is the first time: the directory and what belongs in it are made,
   * and a pool that is there is taken as it is. With one, only that very pool will do.
   * @throws RpcError `POOL_UNAVAILABLE`, `POOL_FULL`
   */
  static async open(
    path: string,
    options: { expectedId?: string | undefined; clock: Clock },
  ): Promise<PoolDirectory> {
    const { expectedId, clock } = options;
    try {
      if (expectedId === undefined) {
        await mkdir(path, { recursive: true, mode: 0o750 });
      }
      const marked = await readMarker(path);
      const found = marked ?? (expectedId === undefined ? await createMarker(path) : undefined);
      const pool = new PoolDirectory(path, assertSamePool(path, found, expectedId), clock);
      await makeDirectories(path);
      return pool;
    } catch (error) {
      throw await asPoolError(error, path);
    }
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
      return await work();
    } catch (error) {
      throw await asPoolError(error, this.path);
    }
  }

  /** Makes sure that `neededBytes` fit. @throws RpcError `POOL_FULL` */
  async assertRoom(neededBytes: number): Promise<void> {
    if (neededBytes > (await freeBytesOf(this.path))) {
      throw await poolFull(this.path, neededBytes);
    }
  }

  /**
   * Makes a temporary file, at least `sizeBytes` long, the volume's file: whole, durable and with the volume's
   * permissions before it has its name. A file that has the name already is left as it is.
   */
  async publish(temporary: Temporary, volume: VolumeRef, sizeBytes: number): Promise<void> {
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

/** Gives the id that was found, which must be the expected one, or any where none is expected. */
function assertSamePool(path: string, found: string | undefined, expected: string | undefined): string {
  if (found === undefined) {
    throw poolUnavailable(path, `${markerName} is missing; is its filesystem mounted?`);
  }
  if (expected !== undefined && found !== expected) {
    throw poolUnavailable(
      path,
      `it is the pool ${found}, not ${expected}; is another filesystem mounted there?`,
    );
  }
  return found;
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
