import { type Stats } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';

import { errnoOf } from '../disks/file/pool-error.js';
import { storageError } from '../errors.js';
import { type Exec } from '../exec.js';

/** How much of a device's beginning must be empty, in bytes: labels and tables of all kinds are there. */
const lookedAtBytes = 2 ** 20;

/** What a pool's filesystem is made in. */
export interface PoolSource {
  readonly path: string;
  readonly isLoop: boolean;
  /** Whether it is a file that was made for it. */
  readonly isNew: boolean;
  /** Removes what was made for it, where the rest failed. */
  readonly undo: () => Promise<void>;
}

/**
 * Makes a device or a file ready for a filesystem: a file is made, sparse.
 * @throws RpcError `POOL_TARGET_REFUSED` for what is no device or holds something, unless forced
 */
export async function preparePoolSource(
  path: string,
  options: { readonly sizeBytes: number | undefined; readonly force: boolean; readonly exec: Exec },
): Promise<PoolSource> {
  const stats = await statIfThere(path);
  if (stats?.isBlockDevice() === true) {
    if (options.sizeBytes !== undefined) {
      throw refused(path, 'is a device, whose size is what it is; leave --size out');
    }
    if (!options.force) {
      await refuseData(path, options.exec);
    }
    return { path, isLoop: false, isNew: false, undo: () => Promise.resolve() };
  }
  if (stats !== undefined && !stats.isFile()) {
    throw refused(path, 'is neither a device nor a file');
  }
  if (stats !== undefined && !options.force) {
    throw refused(path, 'is there already; give --force to overwrite it, and lose all that is in it');
  }
  if (options.sizeBytes === undefined) {
    throw refused(path, 'is no device: give the size of the file to make with --size');
  }
  if (stats !== undefined && (await options.exec('losetup', ['-j', path])).stdout !== '') {
    throw refused(path, 'is in use as a loop device; unmount it first');
  }
  const file = await open(path, stats === undefined ? 'wx' : 'r+', 0o600);
  try {
    await file.truncate(0);
    await file.truncate(options.sizeBytes);
  } finally {
    await file.close();
  }
  const isNew = stats === undefined;
  return { path, isLoop: true, isNew, undo: () => (isNew ? rm(path, { force: true }) : Promise.resolve()) };
}

/** Refuses a device that holds anything that is known, or anything at all at its beginning. */
async function refuseData(path: string, exec: Exec): Promise<void> {
  // 2: nothing was found
  const { exitCode, stdout } = await exec('blkid', ['-p', '-o', 'export', path], { okExitCodes: [0, 2] });
  const kinds = [...stdout.matchAll(/^(?:PT)?TYPE=(.+)$/gm)].map(([, kind]) => kind);
  if (exitCode === 0) {
    throw refused(
      path,
      `holds data${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}; give --force to overwrite it, and lose all of that`,
    );
  }
  const device = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await device.read(Buffer.alloc(lookedAtBytes), 0, lookedAtBytes, 0);
    if (buffer.subarray(0, bytesRead).some((byte) => byte !== 0)) {
      throw refused(
        path,
        'holds data of an unknown kind; give --force to overwrite it, and lose all of that',
      );
    }
  } finally {
    await device.close();
  }
}

function refused(path: string, why: string): Error {
  return storageError('POOL_TARGET_REFUSED', `${path} ${why}`, { details: { path } });
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
