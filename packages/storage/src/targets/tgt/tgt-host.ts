import { type Clock, coreError, type Log } from '@patchbay/core';

import { storageError } from '../../errors.js';
import { type Exec } from '../../exec.js';
import { type TargetHost, type TargetSpec, type TargetState } from '../target-host.js';
import { exportTarget, type Owns } from './export.js';
import { removeTarget } from './remove.js';
import { Serial } from './serial.js';
import { type ShownTarget } from './show-targets.js';
import { checkSpec } from './spec.js';
import { Tgtd } from './tgtd.js';
import { warnOfVulnerableTgt } from './version.js';

export interface TgtHostOptions {
  /** An absolute path, of at most some 90 bytes: a unix socket is in it. */
  readonly stateDir: string;
  /** `host:port` where initiators connect, an IPv6 host in brackets. */
  readonly portal: string;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether disposing the host ends the daemon, or leaves it and its sessions to the next host. */
  readonly onStop: 'keep' | 'stop';
  /** Says which targets are ours, by their IQN; others are never changed. */
  readonly owns: Owns;
  /** How long an answer of the daemon may take, in milliseconds; 10 s when it is not given. */
  readonly answerTimeoutMs?: number | undefined;
  /** How long a target may stay busy until its removal is given up, in milliseconds; 10 s when it is not given. */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Starts a tgtd of our own, or takes over the one that an earlier host left running over the same state directory,
 * without touching its sessions.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`, `CONFIG_INVALID`
 */
export async function startTgtHost(options: TgtHostOptions): Promise<TgtHost> {
  const log = options.log.child({ component: 'targets' });
  const tgtd = await Tgtd.start({ ...options, log });
  await warnOfVulnerableTgt({ exec: options.exec, log });
  return new TgtHost(tgtd, options);
}

/** The iSCSI targets of this machine, served by a tgtd of our own; made by `startTgtHost`. */
export class TgtHost implements TargetHost {
  readonly #tgtd: Tgtd;
  readonly #options: TgtHostOptions;
  /** Looking and acting are one step here, so that two calls cannot both find a name free. */
  readonly #steps = new Serial();

  constructor(tgtd: Tgtd, options: TgtHostOptions) {
    this.#tgtd = tgtd;
    this.#options = options;
  }

  get portal(): string {
    return this.#options.portal;
  }

  /** The daemon's process. */
  get pid(): number {
    return this.#tgtd.pid;
  }

  async ensureExported(spec: TargetSpec): Promise<void> {
    checkSpec(spec);
    this.#refuseForeign(spec.iqn);
    await this.#untilDone(spec, () => exportTarget(this.#tgtd.tgtadm, spec, this.#options.owns));
  }

  async ensureRemoved(target: Pick<TargetSpec, 'tid' | 'iqn'>): Promise<void> {
    this.#refuseForeign(target.iqn);
    const { tgtadm } = this.#tgtd;
    await this.#untilDone(target, async () => {
      const targets = await tgtadm.targets();
      const found = targets.find(({ iqn }) => iqn === target.iqn);
      if (found === undefined && targets.some(({ tid }) => tid === target.tid)) {
        return true;
      }
      return await removeTarget(tgtadm, found ?? { tid: target.tid, accounts: [] }, targets);
    });
  }

  async list(): Promise<readonly TargetState[]> {
    return (await this.#tgtd.tgtadm.targets()).map(stateOf);
  }

  onRestart(rebuild: () => Promise<void>): Promise<void> {
    return this.#tgtd.onRestart(rebuild);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tgtd.release();
    if (this.#options.onStop === 'stop') {
      await this.#removeAll();
      await this.#tgtd.stop();
    }
  }

  /** Removes every target, so that what initiators wrote is on disk; what is busy dies with the daemon. */
  async #removeAll(): Promise<void> {
    try {
      const { tgtadm } = this.#tgtd;
      const targets = await tgtadm.targets();
      for (const target of targets) {
        await this.#untilDone(target, () => removeTarget(tgtadm, target, targets));
      }
    } catch (error) {
      this.#options.log.warn('Not every target could be removed before the daemon ends', { error });
    }
  }

  async #untilDone(
    target: Pick<TargetSpec, 'tid'> & { iqn: string },
    step: () => Promise<boolean>,
  ): Promise<void> {
    const { clock, busyTimeoutMs = 10_000 } = this.#options;
    const giveUpAt = clock.monotonicMs() + busyTimeoutMs;
    for (let waitMs = 5; !(await this.#steps.run(step)); waitMs = Math.min(waitMs * 2, 250)) {
      if (clock.monotonicMs() > giveUpAt) {
        throw storageError(
          'TARGET_BUSY',
          `target ${target.iqn} is offline, but commands of an initiator are still under way; try again`,
          { details: { target: target.iqn, tid: target.tid } },
        );
      }
      // Between the steps others may go on.
      await clock.sleep(waitMs);
    }
  }

  #refuseForeign(iqn: string): void {
    if (!this.#options.owns(iqn)) {
      throw coreError('ARGUMENT_INVALID', `target ${iqn} is not one of ours, so it is not changed`);
    }
  }
}

function stateOf(target: ShownTarget): TargetState {
  return {
    tid: target.tid,
    iqn: target.iqn,
    online: target.state === 'ready',
    backingPaths: new Map(
      target.luns.filter(({ lun }) => lun !== 0).map(({ lun, path }) => [lun, path] as const),
    ),
    accounts: target.accounts,
    initiators: target.acl,
    connections: target.connections,
  };
}
