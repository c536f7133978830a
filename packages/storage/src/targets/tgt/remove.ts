import { isRpcError } from '@patchbay/objects';

import { type CommandedDaemon } from './daemon.js';
import { type ShownTarget } from './show-targets.js';
import { type TargetView } from './target-view.js';
import { type Tgtadm } from './tgtadm.js';

/**
 * Removes a target, its LUNs and its accounts in one try; fine when it is not there. It gives false when a command
 * of an initiator is still under way, which tgtd does not break off; the target is offline then, and the
 * removal is to be tried again a little later.
 * @throws RpcError `TARGET_TOOL_UNAVAILABLE`
 */
export async function removeTarget(
  daemon: CommandedDaemon,
  target: Pick<ShownTarget, 'tid' | 'accounts'>,
): Promise<boolean> {
  const { tgtadm, view } = daemon;
  const { tid } = target;
  // Offline first: an initiator that is cut off comes back within milliseconds.
  await unlessRefused(tgtadm.setTargetState(tid, 'offline'));
  await cutConnections(tgtadm, tid);
  // It may fail half-way, with LUNs gone and the target still there, so what counts is what is seen after it.
  await unlessRefused(tgtadm.deleteTarget(tid));
  if (await tgtadm.hasTarget(tid)) {
    return false;
  }
  view.delete(tid);
  await removeAccounts(view, target);
  return true;
}

/** Ends every session of a target; it should be offline. Gives false when some are not gone yet. */
export async function cutConnections(tgtadm: Tgtadm, tid: number): Promise<boolean> {
  const connections = (await unlessRefused(tgtadm.connections(tid))) ?? [];
  for (const { sid, cid } of connections) {
    // One that has closed by itself meanwhile is refused.
    await unlessRefused(tgtadm.deleteConnection(tid, sid, cid));
  }
  return connections.length === 0 || ((await unlessRefused(tgtadm.connections(tid))) ?? []).length === 0;
}

/** Deletes the accounts of a target that is gone; not before, as a target without an account admits anyone. */
async function removeAccounts(
  view: TargetView,
  target: Pick<ShownTarget, 'tid' | 'accounts'>,
): Promise<void> {
  const inUse = new Set(view.targets.flatMap(({ accounts }) => accounts));
  for (const user of new Set(target.accounts)) {
    if (view.hasAccount(user) && !inUse.has(user)) {
      await view.deleteAccount(user);
    }
  }
}

/** Gives undefined where tgtd refused; what it refuses while removing is judged by what is left. */
export async function unlessRefused<T>(command: Promise<T>): Promise<T | undefined> {
  try {
    return await command;
  } catch (error) {
    if (isRpcError(error, 'TARGET_TOOL_FAILED')) {
      return undefined;
    }
    throw error;
  }
}
