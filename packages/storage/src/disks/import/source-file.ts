import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { sep } from 'node:path';

import { quoted } from '@patchbay/core';

import { storageError } from '../../errors.js';
import { errnoOf } from '../file/pool-error.js';
import { type Report } from './progress.js';
import { sourceRefused } from './source.js';

/**
 * Gives the path of an open file under which another process opens that very file: whatever happens to its
 * name meanwhile, what was checked is what is read.
 */
export function pathOfOpen(handle: FileHandle): string {
  return `/proc/${String(process.pid)}/fd/${String(handle.fd)}`;
}

/**
 * Opens an image on the server's host. It must be a plain file, and in one of `directories` where there are
 * any. @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`
 */
export async function openSourceFile(
  path: string,
  directories: readonly string[] | undefined,
): Promise<FileHandle> {
  const handle = await openPlainly(path);
  try {
    if (!(await handle.stat()).isFile()) {
      throw sourceRefused(path, 'it is not a plain file');
    }
    if (directories !== undefined && !(await isInside(await realpath(pathOfOpen(handle)), directories))) {
      throw sourceRefused(path, `the server takes images only from ${directories.join(', ') || 'URLs'}`);
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads an open file whole and gives the SHA-256 of its bytes, hexadecimal.
 * @throws the signal's reason
 */
export async function hashFile(handle: FileHandle, report: Report, signal: AbortSignal): Promise<string> {
  const { size } = await handle.stat();
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (let position = 0; ;) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) {
      return hash.digest('hex');
    }
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
    report(position, size);
  }
}

/** Says whether a file was written between two looks at it. */
export function isChanged(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs;
}

async function openPlainly(path: string): Promise<FileHandle> {
  try {
    // Not blocking: opening a FIFO would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    switch (errnoOf(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
      case 'ENAMETOOLONG':
        throw storageError('SOURCE_NOT_FOUND', `there is no file ${quoted(path)} on the server's host`, {
          cause: error,
        });
      case 'ELOOP':
        throw sourceRefused(path, 'it is a symbolic link; give the path of the file itself', error);
      case 'EACCES':
      case 'EPERM':
      case 'ENXIO':
      case 'ENODEV':
        throw sourceRefused(path, 'the server may not or cannot read it', error);
      case undefined:
      default:
        throw error;
    }
  }
}

async function isInside(path: string, directories: readonly string[]): Promise<boolean> {
  for (const directory of directories) {
    const real = await realpath(directory).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') {
        return undefined;
      }
      throw error;
    });
    if (real !== undefined && path.startsWith(real.endsWith(sep) ? real : real + sep)) {
      return true;
    }
  }
  return false;
}
