import { randomBytes } from 'node:crypto';

import { storageError } from '../../errors.js';
import { type TargetSpec } from '../target-host.js';
import { markerOf, readMarker } from './marker.js';
import { cutConnections, removeTarget } from './remove.js';
import { type ShownTarget } from './show-targets.js';
import { type Tgtadm } from './tgtadm.js';

/** Says which targets we may change. */
export type Owns = (iqn: string) => boolean;

/**
 * Makes a target be as specified, in one try. It gives false when sessions are still being cut, of the target or of
 * one that stands in its place; then it is to be called again a little later.
 * @throws RpcError `TARGET_CONFLICT`, `TARGET_TOOL_FAILED`, `TARGET_TOOL_UNAVAILABLE`
 */
export async function exportTarget(tgtadm: Tgtadm, spec: TargetSpec, owns: Owns): Promise<boolean> {
  const targets = await tgtadm.targets();
  const accounts = await tgtadm.accounts();
  refuseConflicts(targets, spec, owns);
  const inPlace = targets.filter(({ tid, iqn }) => tid === spec.tid || iqn === spec.iqn);
  const [found] = inPlace;
  if (found !== undefined && inPlace.length === 1 && hasForm(found, spec)) {
    if (!accounts.includes(markerOf(spec))) {
      return await changeSecret(tgtadm, spec);
    }
    if (found.state !== 'ready') {
      await tgtadm.setTargetState(spec.tid, 'ready');
    }
    return true;
  }
  for (const target of inPlace) {
    if (!(await removeTarget(tgtadm, target, targets))) {
      return false;
    }
  }
  await build(tgtadm, spec, targets);
  await verify(tgtadm, spec);
  return true;
}

/** Says whether a target is as specified, but for its secret, which cannot be seen, and for being online. */
function hasForm(target: ShownTarget, spec: TargetSpec): boolean {
  const [lun, ...more] = target.luns.filter((each) => each.lun !== 0);
  return (
    target.tid === spec.tid &&
    target.iqn === spec.iqn &&
    more.length === 0 &&
    lun?.lun === spec.lun &&
    lun.path === spec.backingPath &&
    lun.scsiId === spec.scsiId &&
    lun.serial === spec.serial &&
    lun.thinProvisioning &&
    isOnly(spec.chap.user, target.accounts) &&
    isOnly(spec.initiator, target.acl)
  );
}

async function build(tgtadm: Tgtadm, spec: TargetSpec, targets: readonly ShownTarget[]): Promise<void> {
  const { tid, lun, iqn } = spec;
  await tgtadm.newTarget(tid, iqn);
  try {
    await tgtadm.setTargetState(tid, 'offline');
    await tgtadm.newLun(tid, lun, spec.backingPath);
    await tgtadm.setLunIdentity(tid, lun, spec.scsiId, spec.serial);
    await setAccount(tgtadm, spec);
    await tgtadm.allowInitiator(tid, spec.initiator);
    await tgtadm.setTargetState(tid, 'ready');
  } catch (error) {
    // The reason for the failure says more than that of a removal that fails after it.
    await removeTarget(tgtadm, { tid, accounts: [spec.chap.user] }, targets).catch(() => false);
    throw error;
  }
}

/** Gives the target its new secret. It is offline meanwhile, as a target without an account admits anyone. */
async function changeSecret(tgtadm: Tgtadm, spec: TargetSpec): Promise<boolean> {
  await tgtadm.setTargetState(spec.tid, 'offline');
  if (!(await cutConnections(tgtadm, spec.tid))) {
    return false;
  }
  await setAccount(tgtadm, spec);
  await tgtadm.setTargetState(spec.tid, 'ready');
  await verify(tgtadm, spec);
  return true;
}

/** Makes the target's only account anew. The target must be offline. */
async function setAccount(tgtadm: Tgtadm, spec: TargetSpec): Promise<void> {
  const { tid, chap } = spec;
  const accounts = await tgtadm.accounts();
  const stale = accounts.filter((account) => {
    const marks = readMarker(account);
    return marks?.tid === tid || marks?.user === chap.user;
  });
  // The old markers first and the new one last: whatever interrupts this is seen as a wrong secret.
  for (const marker of stale) {
    await tgtadm.deleteAccount(marker);
  }
  if (accounts.includes(chap.user)) {
    await tgtadm.deleteAccount(chap.user);
  }
  await tgtadm.newAccount(chap.user, chap.secret);
  await tgtadm.bindAccount(tid, chap.user);
  await tgtadm.newAccount(markerOf(spec), randomBytes(16).toString('hex'));
}

async function verify(tgtadm: Tgtadm, spec: TargetSpec): Promise<void> {
  const target = (await tgtadm.targets()).find(({ tid }) => tid === spec.tid);
  if (target?.state !== 'ready' || !hasForm(target, spec)) {
    throw storageError(
      'TARGET_TOOL_FAILED',
      `target ${String(spec.tid)} is not as specified, though tgtd refused nothing`,
      { details: { target: spec.iqn, shown: target } },
    );
  }
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
