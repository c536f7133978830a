import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock, coreError, isRpcError, type Log } from '@patchbay/core';

import { storageError } from '../../errors.js';
import { type Tgtadm } from './tgtadm.js';
import {
  controlSocketPath,
  findTgtd,
  isRunning,
  kill,
  type ProcessIdentity,
  startTgtd,
} from './tgtd-process.js';

/** How long the daemon may take to answer after its start, in milliseconds. */
const patienceMs = 10_000;

/** Where a daemon of ours keeps its things. */
export interface TgtdPaths {
  readonly socketPrefix: string;
  readonly socket: string;
  readonly log: string;
}

/** What it takes to start, take over or end a daemon. */
export interface LaunchContext {
  readonly paths: TgtdPaths;
  readonly tgtadm: Tgtadm;
  /** `host:port` */
  readonly portal: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes the folder `tgt` in the state directory. @throws RpcError `CONFIG_INVALID` when its path is too long */
export async function prepareTgtdPaths(stateDir: string): Promise<TgtdPaths> {
  const dir = join(stateDir, 'tgt');
  const socketPrefix = join(dir, 'control');
  const socket = controlSocketPath(socketPrefix);
  // The kernel's limit for the path of a unix socket; tgtd would cut it short without a word.
  if (Buffer.byteLength(socket) > 107) {
    throw coreError(
      'CONFIG_INVALID',
      `the path of the state directory ${stateDir} is too long: that of the control socket in it would have ` +
        `${String(Buffer.byteLength(socket))} bytes, and at most 107 are possible; choose a shorter one`,
    );
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return { socketPrefix, socket, log: join(dir, 'tgtd.log') };
}

/**
 * Finds the daemon that an earlier process of ours started, if it still lives and listens where it shall. One
 * that does not answer, or listens elsewhere, is ended.
 */
export async function takeOverTgtd(context: LaunchContext): Promise<ProcessIdentity | undefined> {
  const { paths, tgtadm, portal, log } = context;
  const found = await findTgtd(paths.socketPrefix);
  if (found === undefined) {
    return undefined;
  }
  try {
    const portals = await tgtadm.portals();
    if (isOnly(portal, portals)) {
      log.info('Took over the running iSCSI target daemon', { pid: found.pid, portal });
      return found;
    }
    log.warn('The running iSCSI target daemon listens elsewhere and is replaced', {
      pid: found.pid,
      portals,
    });
  } catch (error) {
    log.warn('The running iSCSI target daemon does not answer and is replaced', { pid: found.pid, error });
  }
  await endTgtd(found, context);
  return undefined;
}

/**
 * Starts a daemon that holds its service back, and only then gives it its portal.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`; nothing is left running then
 */
export async function launchTgtd(context: LaunchContext): Promise<ProcessIdentity> {
  const { paths, tgtadm, portal, log } = context;
  const started = await startTgtd(paths.socketPrefix, paths.log);
  try {
    await answers(started, context);
    await tgtadm.setSystemState('offline');
    const firstPortals = await tgtadm.portals();
    await bindPortal(context);
    for (const first of firstPortals) {
      await tgtadm.deletePortal(first);
    }
    const portals = await tgtadm.portals();
    if (!isOnly(portal, portals)) {
      throw portalUnavailable(portal, `it listens on ${portals.join(' and ') || 'nothing'} instead`);
    }
  } catch (error) {
    await endTgtd(started, context);
    throw error;
  }
  log.info('Started an iSCSI target daemon', { pid: started.pid, portal });
  return started;
}

/**
 * Ends a daemon, whose targets should be gone. It is killed: asked to end (`--mode system --op delete`) it takes half
 * a second, and it has nothing to lose, as what initiators wrote is with the kernel.
 */
export async function endTgtd(daemon: ProcessIdentity, context: LaunchContext): Promise<void> {
  const { paths } = context;
  await kill(daemon);
  await waitForEnd(daemon, context);
  await rm(paths.socket, { force: true });
  await rm(`${paths.socket}.lock`, { force: true });
}

async function bindPortal({ tgtadm, portal, paths }: LaunchContext): Promise<void> {
  try {
    await tgtadm.newPortal(portal);
  } catch (error) {
    if (!isRpcError(error, 'TARGET_TOOL_FAILED')) {
      throw error;
    }
    const why = (await logLines(paths)).find((line) => line.includes('unable to bind')) ?? error.message;
    throw portalUnavailable(portal, why, error);
  }
}

function portalUnavailable(portal: string, why: string, cause?: unknown): Error {
  return storageError(
    'PORTAL_UNAVAILABLE',
    `the iSCSI target daemon cannot listen on ${portal}: ${why}; free the port (Debian's own daemon is stopped ` +
      'with "systemctl disable --now tgt"), or name another portal in the options',
    { details: { portal }, cause },
  );
}

async function answers(started: ProcessIdentity, { tgtadm, clock, paths }: LaunchContext): Promise<void> {
  const giveUpAt = clock.monotonicMs() + patienceMs;
  for (;;) {
    try {
      await tgtadm.systemState();
      return;
    } catch (error) {
      if (!(await isRunning(started)) || clock.monotonicMs() > giveUpAt) {
        const words = (await logLines(paths)).slice(-2).join('; ');
        throw storageError('TARGET_TOOL_UNAVAILABLE', `the iSCSI target daemon did not start: ${words}`, {
          cause: error,
        });
      }
    }
    await clock.sleep(5);
  }
}

async function waitForEnd(daemon: ProcessIdentity, { clock }: LaunchContext): Promise<void> {
  while (await isRunning(daemon)) {
    await clock.sleep(5);
  }
}

async function logLines(paths: TgtdPaths): Promise<readonly string[]> {
  return (await readFile(paths.log, 'utf8')).trim().split('\n');
}

function isOnly(portal: string, portals: readonly string[]): boolean {
  return portals.length === 1 && portals[0] === portal;
}
