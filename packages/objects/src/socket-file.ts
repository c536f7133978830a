import { chmodSync, lstatSync, mkdirSync, renameSync, statSync, type Stats, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

import { formatAddress } from './address.js';
import { directoryTrouble } from './directory-trouble.js';
import { coreError } from './errors/core-errors.js';
import { RpcError } from './errors/rpc-error.js';
import { listenFailed } from './listen-failed.js';
import { makeDirectory } from './make-directory.js';
import { systemErrorText } from './text/system-error.js';

/** The mode of a socket file: its directory decides who of the others may reach it. */
export const socketMode = 0o660;
const directoryMode = 0o750;
const modeAbove = 0o755;

/**
 * Checks that a server can listen on a socket file, and changes nothing. Returns the file that a server left that was
 * killed, to be removed; undefined if there is none. @throws RpcError `LISTEN_FAILED`
 */
export async function checkSocketFile(
  path: string,
  { mayBeInUse = false }: { readonly mayBeInUse?: boolean } = {},
): Promise<Stats | undefined> {
  const folder = dirname(path);
  const found = lookAt(path);
  if (found?.isSocket() === false) {
    throw failed(path, 'what is there is not a socket; remove it, or choose another path');
  }
  if (found !== undefined && (await isAnswered(path))) {
    if (mayBeInUse) {
      return undefined; // by the very server that is asked about, which needs nothing else
    }
    throw inUse(path);
  }
  const trouble = directoryTrouble(folder);
  if (trouble !== undefined) {
    throw failed(path, `the directory ${folder} cannot be used: ${systemErrorText(trouble)}`);
  }
  return found;
}

/**
 * Makes the directory of a socket file, with mode 0750, and those above it, unless they are there, and removes a socket
 * that a killed server left. @throws RpcError `LISTEN_FAILED`
 */
export async function prepareSocketFile(path: string): Promise<void> {
  const left = await checkSocketFile(path);
  try {
    makeFolder(dirname(path));
    if (left !== undefined) {
      removeLeft(path, left);
    }
  } catch (error) {
    throw error instanceof RpcError ? error : listenFailed(formatAddress({ path }), error as Error);
  }
}

/** Returns what is at a path; undefined for nothing, and where that cannot be told, as the directory's trouble tells. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function makeFolder(folder: string): void {
  if (!isThere(folder)) {
    makeDirectory(dirname(folder), modeAbove);
    mkdirSync(folder, { mode: directoryMode });
    chmodSync(folder, directoryMode); // whatever the umask
  }
}

/** Removes a socket, unless another server has put its own there since it was looked at. */
function removeLeft(path: string, left: Stats): void {
  const aside = `${path}.left`;
  renameSync(path, aside);
  const taken = lstatSync(aside);
  if (taken.ino !== left.ino || taken.mtimeMs !== left.mtimeMs) {
    renameSync(aside, path);
    throw inUse(path);
  }
  unlinkSync(aside);
}

/** Reports whether a server listens on a socket, or might: only a refused connection shows that none does. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function inUse(path: string): RpcError {
  return failed(path, 'address already in use; is another server there?');
}

function failed(path: string, why: string): RpcError {
  return coreError('LISTEN_FAILED', `cannot listen on ${formatAddress({ path })}: ${why}`);
}
