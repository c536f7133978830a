import type { Clock } from '@patchbay/objects';

import type { TargetSpec } from '../target-host.js';
import type { Daemon } from './daemon.js';
import { confirm, type ExportRules, exportTarget, matchesSpec, serve } from './export.js';
import { cutConnections } from './remove.js';
import { undefinedIfRefused } from './tgtadm.js';

/**
 * Makes a target show the current size of its file, in one attempt: a LUN keeps the size that the file had when the
 * LUN was created, so it is created anew with the same ids. The target itself stays, offline meanwhile, so that the
 * initiators that are disconnected still find it and retry. Returns false while a command is still in progress; the
 * caller then retries a little later. A target that is missing or differs is rebuilt.
 * @throws RpcError as `exportTarget` does
 */
export async function reopenTarget(daemon: Daemon, spec: TargetSpec, rules: ExportRules): Promise<boolean> {
  const { tgtadm, cache } = daemon;
  const found = cache.targets.find(({ iqn }) => iqn === spec.iqn);
  if (found === undefined || !matchesSpec(found, spec)) {
    return await exportTarget(daemon, spec, rules);
  }
  const { tid, lun } = spec;
  await tgtadm.setTargetState(tid, 'offline');
  if (!(await cutConnections(tgtadm, tid))) {
    return false;
  }
  await undefinedIfRefused(tgtadm.deleteLun(tid, lun));
  if (await tgtadm.hasLun(tid, lun)) {
    return false;
  }
  await tgtadm.newLun(tid, lun, spec.backingPath);
  await tgtadm.setLunIdentity(tid, lun, spec.scsiId, spec.serial);
  await serve(tgtadm, tid);
  await confirm(daemon, spec);
  return true;
}

/**
 * How long after a disconnect an initiator reconnects at once again, in milliseconds. libiscsi, and so QEMU, reconnects
 * within a second, but if disconnected again then only after 3 s; a cut in that time would last until its end.
 */
const cooldownMs = 4000;

/** Tracks which targets' sessions have just been cut, so that none is cut again before its initiators reconnect at once. */
export class ReconnectCooldown {
  readonly #clock: Clock;
  readonly #cutAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records that the sessions of a target were cut, and that it is served again. */
  start(iqn: string): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [each, atMs] of this.#cutAtMs) {
      if (nowMs - atMs > cooldownMs) {
        this.#cutAtMs.delete(each);
      }
    }
    this.#cutAtMs.set(iqn, nowMs);
  }

  /** Waits until the cooldown of a target has passed, so that another cut of its sessions is short. */
  async wait(iqn: string): Promise<void> {
    const sinceMs = this.#clock.monotonicMs() - (this.#cutAtMs.get(iqn) ?? -Infinity);
    if (sinceMs < cooldownMs) {
      await this.#clock.sleep(cooldownMs - sinceMs);
    }
  }
}
