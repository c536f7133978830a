import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname, normalize, sep } from 'node:path';

import { quoted, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { errnoOf } from '../file/pool-error.js';
import { sourceRefused } from './source.js';

/**
 * Gives the path of an open file under which another process opens that very file: whatever happens to its
 * name meanwhile, what was checked is what is read.
 */
export function pathOfOpen(handle: FileHandle): string {
  return `/proc/${String(process.pid)}/fd/${String(handle.fd)}`;
}

/**
 * Opens an image on the server's host. It must be a plain file below one of `directories`, wherever the links on
 * its way lead; of files elsewhere nobody learns whether they are there.
 * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`
 */
export async function openSourceFile(path: string, directories: readonly string[]): Promise<FileHandle> {
  const allowed = await realPaths(directories);
  const place = await realPathOf(dirname(path));
  const isInside =
    place === undefined
      ? directories.some((each) => isIn(normalize(path), each))
      : allowed.some((each) => isIn(place, each));
  if (!isInside) {
    throw notAllowed(path, directories);
  }
  const handle = await openPlainly(path);
  try {
    // Once more, of the very file that was opened: the way to it may lead elsewhere by now.
    const real = await realpath(pathOfOpen(handle));
    if (!allowed.some((each) => isIn(real, each))) {
      throw notAllowed(path, directories);
    }
    if (!(await handle.stat()).isFile()) {
      throw sourceRefused(path, 'it is not a plain file');
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Says whether a file was written between two looks at it. */
export function isChanged(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs;
}

function notAllowed(path: string, directories: readonly string[]): RpcError {
  const which =
    directories.length === 0
      ? 'the server takes no files of its host'
      : `the server takes files of its host only from ${directories.join(', ')}`;
  return sourceRefused(`server:${path}`, `${which}; its option sourceDirectories says so`);
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

async function realPaths(directories: readonly string[]): Promise<string[]> {
  const found = await Promise.all(directories.map(realPathOf));
  return found.filter((each) => each !== undefined);
}

/** Gives where a path leads; undefined where it leads nowhere. */
async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES'].includes(errnoOf(error) ?? '')) {
      return undefined;
    }
    throw error;
  }
}

function isIn(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep);
}
