import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { isRpcError, type Log, makeDirectory, systemErrorText } from '@patchbay/objects';
import { directoryTrouble } from '@patchbay/objects/define';

import { rpcServerError } from './errors.js';

const lockName = 'lock';

/** The file of a server's identity in its cluster, in its state directory. */
export const identityFile = 'identity.json';

/** A server's state directory, locked until it is closed or the process ends, in whatever way. */
export interface StateDirectory {
  /** The server's lasting identity, by which a restarted server gets its names back at once. */
  readonly serverId: string;
  /** Releases the lock. */
  close(): Promise<void>;
}

/**
 * Opens a state directory, creating it if needed, and locks it: two servers with one identity would take each other's
 * names.
 *
 * @throws RpcError `STATE_DIRECTORY_LOCKED`, which names the process that holds the lock; `STATE_DIRECTORY_UNUSABLE`
 */
export async function openStateDirectory(path: string, log: Log): Promise<StateDirectory> {
  await makeStateDirectory(path);
  return await usable(path, async () => {
    const lock = await lockDirectory(path, log);
    try {
      return { serverId: await serverIdIn(path), close: () => lock.close() };
    } catch (error) {
      await lock.close();
      throw error;
    }
  });
}

/** Creates a directory for state that only its owner can read. @throws RpcError `STATE_DIRECTORY_UNUSABLE` */
export async function makeStateDirectory(path: string): Promise<void> {
  await usable(path, () => {
    makeDirectory(path, 0o700);
  });
}

/** Returns the directory of an object in its server's state directory. */
export function objectStateDir(stateDir: string, name: string): string {
  // Encoded, so that the directory of `a/b` is not inside that of `a`.
  return join(stateDir, 'objects', encodeURIComponent(name));
}

/** Checks that a directory can be a state directory, and creates nothing. @throws RpcError `STATE_DIRECTORY_UNUSABLE` */
export function checkStateDirectory(path: string): void {
  const trouble = directoryTrouble(path, { mayBeReadOnly: true });
  if (trouble !== undefined) {
    throw unusable(path, trouble);
  }
}

/** Reports whether a server runs on a state directory, by the process that its lock names. */
export async function isServing(stateDir: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(join(stateDir, lockName), 'utf8'));
    return pid > 0 && isProcess(pid);
  } catch {
    return false; // it is not there yet, or nobody may look
  }
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function usable<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isRpcError(error)) {
      throw error;
    }
    throw unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): Error {
  return rpcServerError(
    'STATE_DIRECTORY_UNUSABLE',
    `the state directory ${path} cannot be used: ${systemErrorText(cause)}`,
    { cause },
  );
}

/** Reads the server's id, and creates it on the first start or if the file is damaged. */
async function serverIdIn(stateDir: string): Promise<string> {
  const file = join(stateDir, 'server-id');
  try {
    const id = (await readFile(file, 'utf8')).trim();
    if (/^[0-9a-f-]{36}$/.test(id)) {
      return id;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
  const id = randomUUID();
  const temporary = `${file}.${id}`;
  await writeFile(temporary, `${id}\n`, { mode: 0o600, flush: true });
  await rename(temporary, file);
  return id;
}

/**
 * Locks the file `lock` of a state directory with a lock of the kernel. Node cannot request one, so flock(1) does on
 * this process's own open file, and the lock outlives flock(1).
 */
async function lockDirectory(stateDir: string, log: Log): Promise<FileHandle> {
  const file = await openLock(join(stateDir, lockName));
  try {
    const result = await flock(file);
    if (result === 'held') {
      throw locked(stateDir, await file.readFile('utf8'));
    }
    if (result === 'unavailable') {
      log.warn('state directory is not locked: the program flock is missing', { stateDir });
    }
    await noteProcess(file);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens the lock's file; one on a filesystem that is read-only can be locked too. */
async function openLock(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EROFS') {
      return await open(path, 'r');
    }
    throw error;
  }
}

/** Writes this process's id, in place of another one where the disk is full; it is no more than a hint. */
async function noteProcess(file: FileHandle): Promise<void> {
  try {
    const { bytesWritten } = await file.write(`${String(process.pid)}\n`, 0);
    await file.truncate(bytesWritten);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EBADF', 'ENOSPC', 'EDQUOT'].includes(code)) {
      throw error;
    }
  }
}

function locked(stateDir: string, content: string): Error {
  const [, pid] = /^(\d+)\n$/.exec(content) ?? [];
  const holder = pid === undefined ? 'another RPC server' : `another RPC server, process ${pid}`;
  return rpcServerError(
    'STATE_DIRECTORY_LOCKED',
    `the state directory ${stateDir} is in use by ${holder}; stop that one, or give this one a "stateDir" of its own`,
    { details: { stateDir, ...(pid === undefined ? {} : { pid: Number(pid) }) } },
  );
}

/** Takes the lock; returns `held` if another process has it, and `unavailable` if flock(1) is not installed. */
async function flock(file: FileHandle): Promise<'locked' | 'held' | 'unavailable'> {
  const child = spawn('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
  try {
    const [status] = (await once(child, 'exit')) as [number | null];
    if (status === 0 || status === 1) {
      return status === 0 ? 'locked' : 'held';
    }
    throw new Error(`flock ended with status ${String(status)}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return 'unavailable';
    }
    throw error;
  }
}
