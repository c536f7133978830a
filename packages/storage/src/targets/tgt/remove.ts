import type { TargetConnection } from '../target-host.js';
import type { Daemon } from './daemon.js';
import type { ShownTarget } from './show.js';
import { type Tgtadm, undefinedIfRefused } from './tgtadm.js';

/**
 * Removes a target, its LUNs and its accounts, in one attempt; does nothing if it does not exist. Returns false while
 * a command of an initiator is still in progress, which tgtd does not abort; the target is offline then, and the caller
 * retries a little later.
 * @throws RpcError `TARGET_TOOL_UNAVAILABLE`
 */
export async function removeTarget(
  { tgtadm, cache }: Daemon,
  target: Pick<ShownTarget, 'tid' | 'accounts'>,
): Promise<boolean> {
  const { tid } = target;
  // Offline first: a disconnected initiator reconnects within milliseconds.
  await undefinedIfRefused(tgtadm.setTargetState(tid, 'offline'));
  await cutConnections(tgtadm, tid);
  // It may fail halfway, with the LUNs gone and the target still there, so only what exists afterwards counts.
  await undefinedIfRefused(tgtadm.deleteTarget(tid));
  if (await tgtadm.hasTarget(tid)) {
    return false;
  }
  cache.delete(tid);
  // Not earlier, as a target without an account admits anyone.
  const inUse = new Set(cache.targets.flatMap(({ accounts }) => accounts));
  for (const user of new Set(target.accounts)) {
    if (cache.hasAccount(user) && !inUse.has(user)) {
      await cache.deleteAccount(user);
    }
  }
  return true;
}

/**
 * Ends the sessions of a target: all of them, of one that should be offline, or those chosen. Returns false while some
 * still exist.
 */
export async function cutConnections(
  tgtadm: Tgtadm,
  tid: number,
  chosen: (connection: TargetConnection) => boolean = () => true,
): Promise<boolean> {
  const find = async (): Promise<readonly TargetConnection[]> =>
    ((await undefinedIfRefused(tgtadm.connections(tid))) ?? []).filter(chosen);
  const connections = await find();
  for (const { sid, cid } of connections) {
    // tgtd refuses this for a connection that has closed meanwhile.
    await undefinedIfRefused(tgtadm.deleteConnection(tid, sid, cid));
  }
  return connections.length === 0 || (await find()).length === 0;
}
