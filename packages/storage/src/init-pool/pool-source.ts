import { open, rm, stat } from 'node:fs/promises';

import { undefinedIfMissing } from '../disks/file/pool-error.js';
import { storageError } from '../errors.js';
import type { Exec } from '../exec.js';

/** How many bytes at the start of a device must be zero: labels and tables of all kinds are there. */
const checkedBytes = 2 ** 20;

/** The device or file for a pool's filesystem. */
export interface PoolSource {
  readonly path: string;
  readonly isLoop: boolean;
  /** Whether it is a file that was created for the pool. */
  readonly isNew: boolean;
  /** Removes a file that was created for the pool. */
  readonly undo: () => Promise<void>;
}

/**
 * Prepares a device or file for a filesystem; a file is created, sparse.
 * @throws RpcError `POOL_TARGET_REFUSED` for what is neither, or holds data, unless forced
 */
export async function preparePoolSource(
  path: string,
  options: { readonly sizeBytes: number | undefined; readonly force: boolean; readonly exec: Exec },
): Promise<PoolSource> {
  const stats = await undefinedIfMissing(stat(path));
  if (stats?.isBlockDevice() === true) {
    if (options.sizeBytes !== undefined) {
      throw refused(path, 'is a device, which has a fixed size; omit --size');
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
    throw refused(path, 'already exists; give --force to overwrite it and lose its content');
  }
  if (options.sizeBytes === undefined) {
    throw refused(path, 'is not a device; give the size of the file to create with --size');
  }
  if (stats !== undefined && (await options.exec('losetup', ['-j', path])).stdout !== '') {
    throw refused(path, 'is in use as a loop device; unmount it first');
  }
  const isNew = stats === undefined;
  await using file = await open(path, isNew ? 'wx' : 'r+', 0o600);
  await file.truncate(0);
  await file.truncate(options.sizeBytes);
  return { path, isLoop: true, isNew, undo: () => (isNew ? rm(path, { force: true }) : Promise.resolve()) };
}

/** Refuses a device with a known signature, or with data at its start. */
async function refuseData(path: string, exec: Exec): Promise<void> {
  // 2: no signature was found
  const { exitCode, stdout } = await exec('blkid', ['-p', '-o', 'export', path], { okExitCodes: [0, 2] });
  const kinds = [...stdout.matchAll(/^(?:PT)?TYPE=(.+)$/gm)].map(([, kind]) => kind);
  if (exitCode === 0) {
    const data = kinds.length === 0 ? 'data' : `data (${kinds.join(', ')})`;
    throw refused(path, `holds ${data}; give --force to overwrite the device and lose the data`);
  }
  await using device = await open(path, 'r');
  const { buffer, bytesRead } = await device.read(Buffer.alloc(checkedBytes), 0, checkedBytes, 0);
  if (buffer.subarray(0, bytesRead).some((byte) => byte !== 0)) {
    const why = 'holds data of an unknown kind; give --force to overwrite the device and lose the data';
    throw refused(path, why);
  }
}

function refused(path: string, why: string): Error {
  return storageError('POOL_TARGET_REFUSED', `${path} ${why}`, { details: { path } });
}
