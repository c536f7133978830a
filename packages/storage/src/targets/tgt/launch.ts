import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Clock, coreError, isRpcError, type Log, makeDirectory } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { ControlSocket } from './control-socket.js';
import { connectDaemon, type Daemon } from './daemon.js';
import { portalUnavailable } from './portal.js';
import { isOnly } from './show.js';
import {
  controlSocketPath,
  findTgtd,
  isRunning,
  kill,
  type ProcessIdentity,
  spawnTgtd,
} from './tgtd-process.js';

/** How long the daemon may take to respond after its start, or to exit, in milliseconds. */
const startStopTimeoutMs = 10_000;

/** The files of a daemon of ours. */
export interface TgtdPaths {
  readonly socketPrefix: string;
  readonly socket: string;
  readonly log: string;
}

/** What is needed to start, adopt or end a daemon. */
export interface LaunchContext {
  readonly paths: TgtdPaths;
  /** `host:port` where initiators connect, an IPv6 host in brackets. */
  readonly portal: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a response of the daemon may take, in milliseconds; default: 10 s. */
  readonly answerTimeoutMs?: number | undefined;
}

/**
 * Creates the directory of a daemon in the state directory: `tgt` for the first, `tgt-1` and so on for others.
 * @throws RpcError `CONFIG_INVALID` when its path is too long
 */
export function prepareTgtdPaths(stateDir: string, daemon: number): TgtdPaths {
  const paths = tgtdPaths(stateDir, daemon);
  makeDirectory(dirname(paths.socket), 0o700);
  return paths;
}

/** Returns where a daemon's files are. @throws RpcError `CONFIG_INVALID` when the path of its socket is too long */
export function tgtdPaths(stateDir: string, daemon: number): TgtdPaths {
  const dir = join(stateDir, daemon === 0 ? 'tgt' : `tgt-${String(daemon)}`);
  const socketPrefix = join(dir, 'control');
  const socket = controlSocketPath(socketPrefix);
  // The kernel's limit for the path of a unix socket; tgtd would silently truncate it.
  if (Buffer.byteLength(socket) > 107) {
    throw coreError(
      'CONFIG_INVALID',
      `the path of the state directory ${stateDir} is too long: the path of the control socket in it would have ` +
        `${String(Buffer.byteLength(socket))} bytes, and the limit is 107; choose a shorter one`,
    );
  }
  return { socketPrefix, socket, log: join(dir, 'tgtd.log') };
}

/**
 * Starts a daemon, holds its service back, and only then adds its portal. On failure nothing is left running.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`
 */
export async function launchTgtd(context: LaunchContext): Promise<Daemon> {
  const { paths, portal, log } = context;
  const started = await spawnTgtd(paths.socketPrefix, paths.log);
  const daemon = connectDaemon(started, new ControlSocket(paths.socket, context.answerTimeoutMs), true);
  const { tgtadm } = daemon;
  try {
    await waitForResponse(daemon, context);
    await tgtadm.setSystemState('offline');
    const firstPortals = await tgtadm.portals();
    await bindPortal(daemon, context);
    for (const first of firstPortals) {
      await tgtadm.deletePortal(first);
    }
    const portals = await tgtadm.portals();
    if (!isOnly(portal, portals)) {
      throw portalUnavailable(portal, `it listens on ${portals.join(' and ') || 'nothing'} instead`);
    }
  } catch (error) {
    await endTgtd(started, context);
    if (isRpcError(error, 'TARGET_TOOL_UNAVAILABLE') && error.message.includes('another tgtd is using')) {
      // A killed daemon holds its lock until the kernel has released all of its resources.
      await context.clock.sleep(20);
      return await launchTgtd(context);
    }
    throw error;
  }
  log.info('started an iSCSI target daemon', { pid: started.pid, portal });
  return daemon;
}

/**
 * Ends a daemon, whose targets should have been removed. It is killed: a regular shutdown (`--mode system --op delete`)
 * takes half a second, and nothing is lost, as the kernel already has what initiators wrote.
 * @throws RpcError `TARGET_TOOL_UNAVAILABLE` when it does not exit: the kernel is waiting for a disk on its behalf
 */
export async function endTgtd(
  daemon: ProcessIdentity,
  context: Pick<LaunchContext, 'paths' | 'clock'>,
): Promise<void> {
  const { paths, clock } = context;
  await kill(daemon);
  const giveUpAt = clock.monotonicMs() + startStopTimeoutMs;
  while (await isRunning(daemon)) {
    if (clock.monotonicMs() > giveUpAt) {
      throw storageError(
        'TARGET_TOOL_UNAVAILABLE',
        `the iSCSI target daemon (pid ${String(daemon.pid)}) was killed but does not exit; check whether a disk of the pool hangs`,
      );
    }
    await clock.sleep(5);
  }
  await rm(paths.socket, { force: true });
  await rm(`${paths.socket}.lock`, { force: true });
}

/** Ends our daemons with numbers from `daemons` on, and all that they serve. */
export async function endSurplusTgtds(
  stateDir: string,
  daemons: number,
  { clock, log }: Pick<LaunchContext, 'clock' | 'log'>,
): Promise<void> {
  for (const daemon of (await furtherDaemons(stateDir)).filter((number) => number >= daemons)) {
    const paths = prepareTgtdPaths(stateDir, daemon);
    const found = await findTgtd(paths.socketPrefix);
    if (found !== undefined) {
      log.info('ending an iSCSI target daemon that is no longer needed', { pid: found.pid, daemon });
      await endTgtd(found, { paths, clock });
    }
    await rm(dirname(paths.socket), { recursive: true, force: true });
  }
}

/** Lists the numbers of the daemons that may run, except the first, by their directories. */
export async function furtherDaemons(stateDir: string): Promise<number[]> {
  const names = await readdir(stateDir);
  return names.flatMap((name) => /^tgt-([1-9]\d*)$/.exec(name)?.[1] ?? []).map(Number);
}

/** Makes a daemon listen on its portal too. @throws RpcError `PORTAL_UNAVAILABLE` */
export async function bindPortal(
  { tgtadm }: Pick<Daemon, 'tgtadm'>,
  { portal, paths }: Pick<LaunchContext, 'portal' | 'paths'>,
): Promise<void> {
  try {
    await tgtadm.newPortal(portal);
  } catch (error) {
    if (!isRpcError(error, 'TARGET_TOOL_FAILED')) {
      throw error;
    }
    const why = (await logLines(paths)).findLast((line) => line.includes('unable to bind')) ?? error.message;
    throw portalUnavailable(portal, why, error);
  }
}

async function waitForResponse({ process, tgtadm }: Daemon, { clock, paths }: LaunchContext): Promise<void> {
  const giveUpAt = clock.monotonicMs() + startStopTimeoutMs;
  for (;;) {
    try {
      await tgtadm.systemState();
      return;
    } catch (error) {
      if (!(await isRunning(process)) || clock.monotonicMs() > giveUpAt) {
        const why = (await logLines(paths)).slice(-2).join('; ');
        throw storageError('TARGET_TOOL_UNAVAILABLE', `the iSCSI target daemon did not start: ${why}`, {
          cause: error,
        });
      }
    }
    await clock.sleep(5);
  }
}

async function logLines(paths: TgtdPaths): Promise<readonly string[]> {
  return (await readFile(paths.log, 'utf8')).trim().split('\n');
}
