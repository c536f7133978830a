import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname, normalize, sep } from 'node:path';

import { quoted, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { errnoOf } from '../file/pool-error.js';
import { sourceRefused } from './source.js';

/** Returns a path by which another process opens the same open file, whatever happens to its name meanwhile. */
export function pathOfOpen(handle: FileHandle): string {
  return `/proc/${String(process.pid)}/fd/${String(handle.fd)}`;
}

/**
 * Opens an image on the server's host. It must be a regular file in one of `directories`, after resolving symbolic
 * links; the errors do not reveal whether files elsewhere exist.
 * @throws RpcError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`
 */
export async function openSourceFile(path: string, directories: readonly string[]): Promise<FileHandle> {
  const allowed = (await Promise.all(directories.map(realPathOf))).filter((each) => each !== undefined);
  const parent = await realPathOf(dirname(path));
  const isInside =
    parent === undefined
      ? directories.some((each) => isIn(normalize(path), each))
      : allowed.some((each) => isIn(parent, each));
  if (!isInside) {
    throw notAllowed(path, directories);
  }
  const handle = await openRegular(path);
  try {
    // Checked again for the file that was opened: the links may lead elsewhere by now.
    const real = await realpath(pathOfOpen(handle));
    if (!allowed.some((each) => isIn(real, each))) {
      throw notAllowed(path, directories);
    }
    if (!(await handle.stat()).isFile()) {
      throw sourceRefused(path, 'it is not a regular file');
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Reports whether a file was modified between two `stat` calls. */
export function isChanged(before: BigIntStats, after: BigIntStats): boolean {
  return before.size !== after.size || before.mtimeNs !== after.mtimeNs;
}

function notAllowed(path: string, directories: readonly string[]): RpcError {
  const which =
    directories.length === 0
      ? 'the server imports no files of its host'
      : `the server imports files of its host only from ${directories.join(', ')}`;
  return sourceRefused(`server:${path}`, `${which} (option sourceDirectories)`);
}

async function openRegular(path: string): Promise<FileHandle> {
  try {
    // Non-blocking, as opening a FIFO would wait for its writer.
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
        throw sourceRefused(path, 'the server cannot read it; check its permissions and type', error);
      case undefined:
      default:
        throw error;
    }
  }
}

/** Resolves the links of a path; returns undefined if it leads nowhere. */
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
