import { storageError } from '../../errors.js';
import { type ForeignAccess, foreignAccess } from '../foreign-access.js';
import { markerOf } from '../secret-marker.js';
import type { TargetSpec } from '../target-host.js';
import type { Daemon } from './daemon.js';
import { controllerLun, markerIn, noMarker } from './marker.js';
import { cutConnections, removeTarget } from './remove.js';
import type { ShownTarget } from './show.js';
import { type Tgtadm, undefinedIfRefused } from './tgtadm.js';

/** Reports whether a target is ours, by its IQN; we change no others. */
export type Owns = (iqn: string) => boolean;

/** What to do with rules, accounts and sessions of our targets that somebody added by hand. */
export type ForeignAccessPolicy = 'remove' | 'report';

/** What may be changed. */
export interface ExportRules {
  readonly owns: Owns;
  /** Default: `remove`. */
  readonly foreignAccess?: ForeignAccessPolicy | undefined;
  /** Whether the target has no rule for its initiator, so that it refuses further logins; default: it has one. */
  readonly refusesLogins?: boolean | undefined;
}

/**
 * Brings a target into the specified state, in one attempt. Returns false while sessions are still being cut, of the
 * target or of one in its place; the caller then retries a little later.
 * @throws RpcError `TARGET_CONFLICT`, `TARGET_TOOL_FAILED`, `TARGET_TOOL_UNAVAILABLE`
 */
export async function exportTarget(daemon: Daemon, spec: TargetSpec, rules: ExportRules): Promise<boolean> {
  const { tgtadm, cache } = daemon;
  const { targets } = cache;
  refuseConflicts(targets, spec, rules.owns);
  const inPlace = targets.filter(({ tid, iqn }) => tid === spec.tid || iqn === spec.iqn);
  const [found] = inPlace;
  if (found !== undefined && inPlace.length === 1 && (await admitsRightly(daemon, found, spec, rules))) {
    if (markerIn(found) !== markerOf(spec)) {
      return await changeSecret(daemon, spec);
    }
    // tgtd shows whether a target is online only together with all others; setting it again changes nothing.
    await (rules.refusesLogins === true ? allowLargeWrites(tgtadm, spec.tid) : serve(tgtadm, spec.tid));
    await confirm(daemon, spec);
    // A session stays when the rule that admitted it is removed.
    return (
      rules.foreignAccess === 'report' ||
      (await cutConnections(tgtadm, spec.tid, ({ initiator }) => initiator !== spec.initiator))
    );
  }
  await refuseDisplacing(tgtadm, inPlace, spec);
  for (const target of inPlace) {
    if (!(await removeTarget(daemon, target))) {
      return false;
    }
  }
  await build(daemon, spec);
  await confirm(daemon, spec);
  return true;
}

/**
 * Reports whether a target can stay, after removing the rules that somebody added and adding that of its initiator, if
 * they are all that differs: the node's session continues. A target with another account is rebuilt, as tgtd does not show which account a session
 * has used.
 */
async function admitsRightly(
  { tgtadm }: Daemon,
  found: ShownTarget,
  spec: TargetSpec,
  rules: ExportRules,
): Promise<boolean> {
  const { tid, initiator } = spec;
  const withRule = (target: ShownTarget): ShownTarget =>
    target.acl.includes(initiator) ? target : { ...target, acl: [...target.acl, initiator] };
  const lacksRule = withRule(found) !== found;
  const refuses = rules.refusesLogins === true;
  const reports = rules.foreignAccess === 'report';
  const foreign = foreignIn(found, spec);
  if (
    !includesSpec(withRule(found), spec) ||
    (reports ? lacksRule && !refuses : foreign.accounts.length > 0)
  ) {
    return false;
  }
  if (!reports && foreign.rules.length > 0) {
    for (const rule of foreign.rules) {
      await tgtadm.removeRule(tid, rule);
    }
    const shown = (await tgtadm.targets()).find((target) => target.tid === tid);
    if (shown === undefined || !matchesSpec(withRule(shown), spec)) {
      return false;
    }
  }
  if (lacksRule && !refuses) {
    await tgtadm.allowInitiator(tid, initiator);
  }
  return true;
}

function foreignIn({ acl, accounts, connections }: ShownTarget, spec: TargetSpec): ForeignAccess {
  return foreignAccess(spec, { initiators: acl, accounts, connections });
}

/** Reports whether a target matches, except for its secret, which tgtd does not show, and for being online. */
export function matchesSpec(target: ShownTarget, spec: TargetSpec): boolean {
  const { rules, accounts } = foreignIn(target, spec);
  return includesSpec(target, spec) && rules.length + accounts.length === 0;
}

/** As `matchesSpec`; it may have more rules and accounts. */
function includesSpec(target: ShownTarget, spec: TargetSpec): boolean {
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
    target.accounts.includes(spec.chap.user) &&
    target.acl.includes(spec.initiator)
  );
}

/** How many bytes one PDU of an initiator may carry. tgtd's default of 8 KiB makes sequential writes half as fast. */
const maxRecvBytes = 262_144;

/** Lets initiators send large PDUs to a target. Sessions that exist keep what they have negotiated. */
export async function allowLargeWrites(tgtadm: Tgtadm, tid: number): Promise<void> {
  await tgtadm.setMaxRecvBytes(tid, maxRecvBytes);
}

/** Puts a target online, with the parameters that its sessions are to negotiate. */
export async function serve(tgtadm: Tgtadm, tid: number): Promise<void> {
  await allowLargeWrites(tgtadm, tid);
  await tgtadm.setTargetState(tid, 'ready');
}

async function build(daemon: Daemon, spec: TargetSpec): Promise<void> {
  const { tgtadm } = daemon;
  const { tid, lun, iqn } = spec;
  await tgtadm.newTarget(tid, iqn);
  try {
    await tgtadm.setTargetState(tid, 'offline');
    await tgtadm.newLun(tid, lun, spec.backingPath);
    await tgtadm.setLunIdentity(tid, lun, spec.scsiId, spec.serial);
    await setAccount(daemon, spec);
    await tgtadm.allowInitiator(tid, spec.initiator);
    await serve(tgtadm, tid);
  } catch (error) {
    // The original failure says more than one of the removal.
    await removeTarget(daemon, { tid, accounts: [spec.chap.user] }).catch(() => false);
    throw error;
  }
}

/** Sets the target's new secret. It is offline meanwhile, as a target without an account admits anyone. */
async function changeSecret(daemon: Daemon, spec: TargetSpec): Promise<boolean> {
  const { tgtadm } = daemon;
  await tgtadm.setTargetState(spec.tid, 'offline');
  if (!(await cutConnections(tgtadm, spec.tid))) {
    return false;
  }
  // The old marker is removed first and the new one set last, so that an interruption shows as a wrong secret.
  await tgtadm.setLunSerial(spec.tid, controllerLun, noMarker);
  await setAccount(daemon, spec);
  await serve(tgtadm, spec.tid);
  await confirm(daemon, spec);
  return true;
}

/** Recreates the target's only account. The target must be offline. */
async function setAccount({ tgtadm, cache }: Daemon, spec: TargetSpec): Promise<void> {
  const { tid, chap } = spec;
  if (cache.hasAccount(chap.user)) {
    await cache.deleteAccount(chap.user);
  }
  await cache.newAccount(chap.user, chap.secret);
  await tgtadm.bindAccount(tid, chap.user);
  await tgtadm.setLunSerial(tid, controllerLun, markerOf(spec));
}

/**
 * Verifies a target after all commands to it succeeded, by what tgtd shows of a single target: whether it and its LUN
 * exist, and its parameters. The rest is verified by the next full refresh.
 */
export async function confirm({ tgtadm, cache }: Daemon, spec: TargetSpec): Promise<void> {
  const { tid, lun } = spec;
  if (!(await tgtadm.hasLun(tid, lun)) || (await tgtadm.maxRecvBytes(tid)) !== maxRecvBytes) {
    throw storageError(
      'TARGET_TOOL_FAILED',
      `target ${String(spec.tid)} is not as specified, although tgtd refused no command`,
      { details: { target: spec.iqn } },
    );
  }
  cache.set(shownAs(spec));
}

/** Returns what tgtd shows of a target that matches the spec and has no sessions. */
function shownAs(spec: TargetSpec): ShownTarget {
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
        throw conflict(target, spec, `has this ${sameTid ? 'tid' : 'IQN'} and is not ours`);
      }
      continue;
    }
    if (target.luns.some(({ path }) => path === spec.backingPath)) {
      throw conflict(target, spec, `already exports ${spec.backingPath}; two writers would corrupt the data`);
    }
    if (target.accounts.includes(spec.chap.user)) {
      throw conflict(
        target,
        spec,
        `has the account ${spec.chap.user}, and an account must belong to one target only`,
      );
    }
  }
}

/**
 * Refuses to put a target in the place of another one that is in use. A target is removed before its id is given to
 * another, so the catalog does not know that one, as after a restore; its node must not lose its disk for this.
 */
async function refuseDisplacing(
  tgtadm: Tgtadm,
  inPlace: readonly ShownTarget[],
  spec: TargetSpec,
): Promise<void> {
  for (const target of inPlace.filter(({ iqn }) => iqn !== spec.iqn)) {
    if (((await undefinedIfRefused(tgtadm.connections(target.tid))) ?? []).length > 0) {
      throw conflict(target, spec, 'has this tid and is in use; rpcclient status tells what to do');
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
