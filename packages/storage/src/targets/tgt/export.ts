import { storageError } from '../../errors.js';
import { markerOf } from '../secret-marker.js';
import { type TargetSpec } from '../target-host.js';
import { type CommandedDaemon } from './daemon.js';
import { controllerLun, markerIn, noMarker } from './marker.js';
import { cutConnections, removeTarget } from './remove.js';
import { type ShownTarget } from './show-targets.js';

/** Says which targets we may change. */
export type Owns = (iqn: string) => boolean;

/**
 * Makes a target be as specified, in one try. It gives false when sessions are still being cut, of the target or of
 * one that stands in its place; then it is to be called again a little later.
 * @throws RpcError `TARGET_CONFLICT`, `TARGET_TOOL_FAILED`, `TARGET_TOOL_UNAVAILABLE`
 */
export async function exportTarget(daemon: CommandedDaemon, spec: TargetSpec, owns: Owns): Promise<boolean> {
  const { tgtadm, view } = daemon;
  const { targets } = view;
  refuseConflicts(targets, spec, owns);
  const inPlace = targets.filter(({ tid, iqn }) => tid === spec.tid || iqn === spec.iqn);
  const [found] = inPlace;
  if (found !== undefined && inPlace.length === 1 && hasForm(found, spec)) {
    if (markerIn(found) !== markerOf(spec)) {
      return await changeSecret(daemon, spec);
    }
    // Whether one target is online is shown only with all others; to say it again changes nothing.
    await tgtadm.setTargetState(spec.tid, 'ready');
    await confirm(daemon, spec);
    return true;
  }
  for (const target of inPlace) {
    if (!(await removeTarget(daemon, target))) {
      return false;
    }
  }
  await build(daemon, spec);
  await confirm(daemon, spec);
  return true;
}

/** Says whether a target is as specified, but for its secret, which cannot be seen, and for being online. */
export function hasForm(target: ShownTarget, spec: TargetSpec): boolean {
  const [lun, ...more] = target.luns.filter((each) => each.lun !== controllerLun);
  return (
    target.tid === spec.tid &&
    target.iqn === spec.iqn &&
    more.length === 0 &&
    lun?.lun === spec.lun &&
    lun.path === spec.backingPath &&
    lun.scsiId === spec.scsiId &&
    lun.serial === spec.serial &&
    lun.thinProvisioning &&
    !lun.readOnly &&
    isOnly(spec.chap.user, target.accounts) &&
    isOnly(spec.initiator, target.acl)
  );
}

async function build(daemon: CommandedDaemon, spec: TargetSpec): Promise<void> {
  const { tgtadm } = daemon;
  const { tid, lun, iqn } = spec;
  await tgtadm.newTarget(tid, iqn);
  try {
    await tgtadm.setTargetState(tid, 'offline');
    await tgtadm.newLun(tid, lun, spec.backingPath);
    await tgtadm.setLunIdentity(tid, lun, spec.scsiId, spec.serial);
    await setAccount(daemon, spec);
    await tgtadm.allowInitiator(tid, spec.initiator);
    await tgtadm.setTargetState(tid, 'ready');
  } catch (error) {
    // The reason for the failure says more than that of a removal that fails after it.
    await removeTarget(daemon, { tid, accounts: [spec.chap.user] }).catch(() => false);
    throw error;
  }
}

/** Gives the target its new secret. It is offline meanwhile, as a target without an account admits anyone. */
async function changeSecret(daemon: CommandedDaemon, spec: TargetSpec): Promise<boolean> {
  const { tgtadm } = daemon;
  await tgtadm.setTargetState(spec.tid, 'offline');
  if (!(await cutConnections(tgtadm, spec.tid))) {
    return false;
  }
  // The old marker first and the new one last: whatever interrupts this is seen as a wrong secret.
  await tgtadm.setLunSerial(spec.tid, controllerLun, noMarker);
  await setAccount(daemon, spec);
  await tgtadm.setTargetState(spec.tid, 'ready');
  await confirm(daemon, spec);
  return true;
}

/** Makes the target's only account anew. The target must be offline. */
async function setAccount({ tgtadm, view }: CommandedDaemon, spec: TargetSpec): Promise<void> {
  const { tid, chap } = spec;
  if (view.hasAccount(chap.user)) {
    await view.deleteAccount(chap.user);
  }
  await view.newAccount(chap.user, chap.secret);
  await tgtadm.bindAccount(tid, chap.user);
  await tgtadm.setLunSerial(tid, controllerLun, markerOf(spec));
}

/**
 * Looks again at a target of which every command was acknowledged, by what tgtd shows of one: whether it and its LUN
 * are there. The rest is looked at whenever all targets are.
 */
export async function confirm({ tgtadm, view }: CommandedDaemon, spec: TargetSpec): Promise<void> {
  if (!(await tgtadm.hasLun(spec.tid, spec.lun))) {
    throw storageError(
      'TARGET_TOOL_FAILED',
      `target ${String(spec.tid)} is not as specified, though tgtd refused nothing`,
      { details: { target: spec.iqn } },
    );
  }
  view.set(asShown(spec));
}

/** Gives what tgtd shows of a target that is as specified and has no session. */
function asShown(spec: TargetSpec): ShownTarget {
  const { tid, iqn, lun, backingPath: path, scsiId, serial } = spec;
  return {
    tid,
    iqn,
    state: 'ready',
    luns: [
      {
        lun: controllerLun,
        path: 'None',
        scsiId: '',
        serial: markerOf(spec),
        thinProvisioning: false,
        readOnly: false,
      },
      { lun, path, scsiId, serial, thinProvisioning: true, readOnly: false },
    ],
    accounts: [spec.chap.user],
    acl: [spec.initiator],
    connections: [],
  };
}

function refuseConflicts(targets: readonly ShownTarget[], spec: TargetSpec, owns: Owns): void {
  for (const target of targets) {
    const sameTid = target.tid === spec.tid;
    const sameIqn = target.iqn === spec.iqn;
    if (sameTid || sameIqn) {
      if (!owns(target.iqn)) {
        throw conflict(target, spec, `has the ${sameTid ? 'tid' : 'IQN'} and is not ours`);
      }
      continue;
    }
    if (target.luns.some(({ path }) => path === spec.backingPath)) {
      throw conflict(
        target,
        spec,
        `exports ${spec.backingPath} already; two would destroy each other's data`,
      );
    }
    if (target.accounts.includes(spec.chap.user)) {
      throw conflict(
        target,
        spec,
        `has the account ${spec.chap.user}, which each target must have for itself`,
      );
    }
  }
}

function conflict(target: ShownTarget, spec: TargetSpec, what: string): Error {
  return storageError(
    'TARGET_CONFLICT',
    `cannot export ${spec.iqn} as target ${String(spec.tid)}: target ${String(target.tid)}, ${target.iqn}, ${what}`,
    { details: { target: target.iqn, tid: target.tid } },
  );
}

function isOnly(expected: string, values: readonly string[]): boolean {
  return values.length === 1 && values[0] === expected;
}
