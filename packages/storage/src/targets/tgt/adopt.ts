import { isRpcError } from '@patchbay/objects';

import { ControlSocket } from './control-socket.js';
import { connectDaemon, type Daemon } from './daemon.js';
import { bindPortal, endTgtd, furtherDaemons, type LaunchContext, tgtdPaths } from './launch.js';
import { isOnly } from './show.js';
import { findTgtd } from './tgtd-process.js';

/**
 * Adopts the daemon that an earlier process of ours started, if it still runs; returns undefined if there is none. One
 * that listens elsewhere is moved, and one that does not respond is ended.
 * @throws RpcError `PORTAL_UNAVAILABLE`: it serves where it did
 */
export async function adoptTgtd(context: LaunchContext): Promise<Daemon | undefined> {
  const { portal, log } = context;
  const daemon = await connectRunning(context);
  if (daemon === undefined) {
    return undefined;
  }
  const { pid } = daemon.process;
  try {
    await move([{ daemon, context, portals: await daemon.tgtadm.portals() }]);
    log.info('adopted the running iSCSI target daemon', { pid, portal });
    return daemon;
  } catch (error) {
    if (isRpcError(error, 'PORTAL_UNAVAILABLE')) {
      throw error;
    }
    log.warn('the running iSCSI target daemon does not respond; replacing it', { pid, error });
  }
  await endTgtd(daemon.process, context);
  return undefined;
}

/**
 * Moves all running daemons that listen elsewhere to their portals, where one may have the port that another one needs.
 * @throws RpcError `PORTAL_UNAVAILABLE`: they serve where they did
 */
export async function movePortals(contexts: readonly LaunchContext[]): Promise<void> {
  const running: Running[] = [];
  for (const context of contexts) {
    const daemon = await connectRunning(context);
    // One that does not respond is replaced when it is to be adopted.
    const portals = await daemon?.tgtadm.portals().catch(() => undefined);
    if (daemon !== undefined && portals !== undefined) {
      running.push({ daemon, context, portals });
    }
  }
  await move(running);
}

/**
 * Returns how many daemons it takes to adopt each running one that has targets. The catalog may not know these, as after
 * a restore, and their nodes are connected.
 */
export async function daemonsServing(
  stateDir: string,
  options: Pick<LaunchContext, 'answerTimeoutMs'> = {},
): Promise<number> {
  let needed = 1;
  for (const number of await furtherDaemons(stateDir)) {
    const daemon = await connectRunning({ ...options, paths: tgtdPaths(stateDir, number) });
    const targets = await daemon?.tgtadm.targets().catch(() => []);
    if (targets !== undefined && targets.length > 0) {
      needed = Math.max(needed, number + 1);
    }
  }
  return needed;
}

/** A running daemon, and where it listens. */
interface Running {
  readonly daemon: Daemon;
  readonly context: LaunchContext;
  readonly portals: readonly string[];
}

/**
 * Makes daemons listen on their portals and on no other: they stop listening, and listen anew, while their sessions go
 * on. If one cannot, all listen again where they did.
 */
async function move(running: readonly Running[]): Promise<void> {
  const moved = running.filter(({ context, portals }) => !isOnly(context.portal, portals));
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const { daemon, context, portals } of moved) {
      for (const portal of portals.filter((each) => each !== context.portal)) {
        await daemon.tgtadm.deletePortal(portal);
        undo.unshift(() => daemon.tgtadm.newPortal(portal));
      }
    }
    for (const { daemon, context, portals } of moved) {
      if (!portals.includes(context.portal)) {
        await bindPortal(daemon, context);
        undo.unshift(() => daemon.tgtadm.deletePortal(context.portal));
      }
      const { portal, log } = context;
      log.info('moved the running iSCSI target daemon to another portal', { portal, from: portals });
    }
  } catch (error) {
    for (const step of undo) {
      await step().catch((failure: unknown) => {
        running[0]?.context.log.error('an iSCSI target daemon cannot listen where it did', {
          error: failure,
        });
      });
    }
    throw error;
  }
}

async function connectRunning({
  paths,
  answerTimeoutMs,
}: Pick<LaunchContext, 'paths' | 'answerTimeoutMs'>): Promise<Daemon | undefined> {
  const found = await findTgtd(paths.socketPrefix);
  return found && connectDaemon(found, new ControlSocket(paths.socket, answerTimeoutMs), false);
}
