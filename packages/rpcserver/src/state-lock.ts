import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

import { type Log } from '@patchbay/objects';

import { rpcServerError } from './errors.js';

/** With what flock(1) ends when another process has the lock. */
const heldElsewhere = 1;

/**
 * Locks a state directory for this server until it is disposed of or the process ends, however that comes: two servers
 * with one identity would take each other's names.
 *
 * The lock is the kernel's, on the file `lock`. Node cannot ask for it, so flock(1) does, on this process's own open
 * file, and the lock stays when that has ended.
 *
 * @throws RpcError `STATE_DIRECTORY_LOCKED`, which names the process that has it, and what opening the file throws
 */
export async function lockStateDirectory(stateDir: string, log: Log): Promise<AsyncDisposable> {
  const file = await open(join(stateDir, 'lock'), 'a+', 0o600);
  try {
    if ((await flock(file)) === 'unknown') {
      log.warn('the state directory is not locked, as the program flock is missing', { stateDir });
    }
    await file.truncate();
    await file.write(`${String(process.pid)}\n`);
    return file;
  } catch (error) {
    const [, pid] = /^(\d+)\n$/.exec(await file.readFile({ encoding: 'utf8' })) ?? [];
    await file.close();
    if (!(error instanceof HeldElsewhere)) {
      throw error;
    }
    const holder = pid === undefined ? 'another RPC server' : `another RPC server, process ${pid}`;
    throw rpcServerError(
      'STATE_DIRECTORY_LOCKED',
      `the state directory ${stateDir} is in use by ${holder}; stop that one, or give this one a "stateDir" of its own`,
      { details: { stateDir, ...(pid === undefined ? {} : { pid: Number(pid) }) } },
    );
  }
}

class HeldElsewhere extends Error {}

/** Takes the lock, or says that it is not known how. @throws HeldElsewhere */
async function flock(file: FileHandle): Promise<'locked' | 'unknown'> {
  const child = spawn('flock', ['-x', '-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file.fd] });
  let status: number | null;
  try {
    [status] = (await once(child, 'exit')) as [number | null];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return 'unknown';
    }
    throw error;
  }
  if (status === heldElsewhere) {
    throw new HeldElsewhere();
  }
  if (status !== 0) {
    throw new Error(`flock ended with status ${String(status)}`);
  }
  return 'locked';
}
