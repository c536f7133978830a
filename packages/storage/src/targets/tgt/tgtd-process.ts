import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

import { toolMissing } from '../../exec.js';

/** Identifies a process, as opposed to a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: string;
}

/** Identifies no process. */
export const noProcess: ProcessIdentity = { pid: 0, startTicks: '-' };

/** The environment variable with tgtd's path prefix of the control socket, to which it adds a dot and the control port. */
const socketVariable = 'TGT_IPC_SOCKET';
const controlPort = 0;

/** Returns the path of the control socket of a tgtd started with this prefix. */
export function controlSocketPath(socketPrefix: string): string {
  return `${socketPrefix}.${String(controlPort)}`;
}

/**
 * Spawns a tgtd that outlives this process. It listens on a free loopback port only: if tgtd cannot bind a portal at
 * its start, it listens on every address instead, so the real portal is added afterwards.
 * @throws RpcError `TOOL_MISSING`
 */
export async function spawnTgtd(socketPrefix: string, logPath: string): Promise<ProcessIdentity> {
  const log = openSync(logPath, 'w', 0o600);
  try {
    // One I/O thread per LUN; with the default of 16, some 2000 LUNs use up every thread of the machine.
    const args = ['-f', '-C', String(controlPort), '-t', '1', '--iscsi', 'portal=127.0.0.1:0'];
    const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
    const child = spawn('tgtd', args, {
      cwd: '/',
      detached: true,
      env: { LC_ALL: 'C', PATH: path, [socketVariable]: socketPrefix },
      stdio: ['ignore', log, log],
    });
    child.unref();
    await once(child, 'spawn');
    const { pid = 0 } = child;
    // A process that has already exited has no start time; the caller notices that it does not run.
    return (await identify(pid)) ?? { pid, startTicks: '' };
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? toolMissing('tgtd') : error;
  } finally {
    closeSync(log);
  }
}

/** Finds the tgtd started with this socket prefix, in the process table: unlike a pid file it cannot be lost or stale. */
export async function findTgtd(socketPrefix: string): Promise<ProcessIdentity | undefined> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const [command = ''] = (await contentsOf(`/proc/${pid}/cmdline`)).split('\0');
    if (basename(command) !== 'tgtd') {
      continue;
    }
    const environment = (await contentsOf(`/proc/${pid}/environ`)).split('\0');
    const identity = environment.includes(`${socketVariable}=${socketPrefix}`)
      ? await identify(Number(pid))
      : undefined;
    if (identity !== undefined) {
      return identity;
    }
  }
  return undefined;
}

/**
 * Reports whether some tgtd is ending: one that was killed holds its ports until its last thread has ended, when nothing
 * but its name is left of it.
 */
export async function isSomeEnding(): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const [stat, command] = await Promise.all([
      contentsOf(`/proc/${pid}/stat`),
      contentsOf(`/proc/${pid}/cmdline`),
    ]);
    if (stat.includes(' (tgtd) ') && command === '') {
      return true;
    }
  }
  return false;
}

/** Reports whether the process still runs; a zombie does not. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTicks === identity.startTicks;
}

/** Kills the process if it still runs. tgtd ignores every signal that can be ignored. */
export async function kill(identity: ProcessIdentity): Promise<void> {
  if (await isRunning(identity)) {
    process.kill(identity.pid, 'SIGKILL');
  }
}

/** Returns the TCP ports that a process listens on, at whatever address. */
export async function listeningPorts(pid: number): Promise<ReadonlySet<number>> {
  const directory = `/proc/${String(pid)}/fd`;
  const descriptors = await readdir(directory).catch(() => []);
  const links = await Promise.all(
    descriptors.map((name) => readlink(`${directory}/${name}`).catch(() => '')), // closed meanwhile
  );
  const sockets = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  const ports = new Set<number>();
  for (const table of ['tcp', 'tcp6']) {
    const lines = (await contentsOf(`/proc/${String(pid)}/net/${table}`)).split('\n');
    for (const [, local = '', , state, , , , , , inode] of lines.map((line) => line.trim().split(/\s+/))) {
      if (state === '0A' && sockets.has(inode)) {
        ports.add(parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
      }
    }
  }
  return ports;
}

async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await contentsOf(`/proc/${String(pid)}/stat`);
  // The command's name is in parentheses and may contain anything, so the fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTicks = fields[19];
  return startTicks === undefined || state === 'Z' || state === 'X' ? undefined : { pid, startTicks };
}

/** Reads a file of /proc; returns '' when the process is gone or may not be read. */
async function contentsOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') {
      return '';
    }
    throw error;
  }
}
