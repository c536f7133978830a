import type { TargetState } from '../target-host.js';
import { controllerLun, markerIn } from './marker.js';
import type { ShownTarget } from './show.js';

/** Returns by what a session is known in `SessionTimes`. */
export function sessionKey(tid: number, sid: number): string {
  return `${String(tid)}/${String(sid)}`;
}

/** Returns the state of a target, as `TargetHost` lists it. @param times since when its sessions exist, by `sessionKey` */
export function stateOf(
  target: ShownTarget,
  daemon: number,
  times: ReadonlyMap<string, number | undefined>,
): TargetState {
  const { tid, iqn, state, accounts, acl, connections } = target;
  const disks = target.luns.filter(({ lun }) => lun !== controllerLun);
  return {
    daemon,
    tid,
    iqn,
    online: state === 'ready',
    backingPaths: new Map(disks.map(({ lun, path }) => [lun, path])),
    accounts,
    initiators: acl,
    connections: connections.map((connection) => {
      const sinceMs = times.get(sessionKey(tid, connection.sid));
      return { ...connection, ...(sinceMs !== undefined && { sinceMs }) };
    }),
    readOnly: disks.some(({ readOnly }) => readOnly),
    secretMarker: markerIn(target),
  };
}
