import { type Clock, coreError, isRpcError, type Log } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import { type TargetDaemon, type TargetSpec, type TargetState, type UnwantedTarget } from '../target-host.js';
import { Comebacks } from './comebacks.js';
import { type Daemon } from './daemon.js';
import { exportTarget, type Owns } from './export.js';
import { controllerLun, markerIn } from './marker.js';
import { removeTarget, unlessRefused } from './remove.js';
import { type SilenceLimits } from './pulse.js';
import { reopenTarget } from './reopen.js';
import { Serial } from './serial.js';
import { type ShownTarget } from './show-targets.js';
import { checkSpec } from './spec.js';
import { Tgtd } from './tgtd.js';

export interface TgtHostOptions {
  /** An absolute path, of at most some 90 bytes: a unix socket is in it. */
  readonly stateDir: string;
  /** Which of the host's daemons it is, from 0. */
  readonly daemon: number;
  /** `host:port` where initiators connect, an IPv6 host in brackets. */
  readonly portal: string;
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
  /** When a daemon without an answer counts as degraded, and is given up; 5 s and 30 s when it is not given. */
  readonly silence?: SilenceLimits | undefined;
}

/**
 * Starts a tgtd of our own, or takes over the one that an earlier host left running over the same state directory,
 * without touching its sessions.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`, `CONFIG_INVALID`
 */
export async function startTgtHost(options: TgtHostOptions): Promise<TgtHost> {
  const { daemon } = options;
  const log = options.log.child({ component: 'targets', ...(daemon > 0 && { daemon }) });
  return new TgtHost(await Tgtd.start({ ...options, log }), options);
}

/** The iSCSI targets that one tgtd of our own serves; made by `startTgtHost`. */
export class TgtHost implements AsyncDisposable {
  readonly #tgtd: Tgtd;
  readonly #options: TgtHostOptions;
  /** Looking and acting are one step here, so that two calls cannot both find a name free. */
  readonly #steps = new Serial();
  readonly #comebacks: Comebacks;

  constructor(tgtd: Tgtd, options: TgtHostOptions) {
    this.#tgtd = tgtd;
    this.#options = options;
    this.#comebacks = new Comebacks(options.clock);
  }

  /** How its daemon is. */
  get state(): TargetDaemon['state'] {
    return this.#tgtd.state;
  }

  /** The daemon's process. */
  get pid(): number {
    return this.#tgtd.daemon.process.pid;
  }

  /** As `TargetHost.ensureExported`. */
  async ensureExported(spec: TargetSpec): Promise<void> {
    checkSpec(spec);
    this.#refuseForeign(spec.iqn);
    await this.#untilDone(spec, (daemon) => exportTarget(daemon, spec, this.#options.owns));
  }

  /** As `TargetHost.reopen`. */
  async reopen(spec: TargetSpec): Promise<void> {
    checkSpec(spec);
    this.#refuseForeign(spec.iqn);
    const isConnected = async (): Promise<boolean> => {
      const { tgtadm } = this.#tgtd.daemon;
      return ((await unlessRefused(tgtadm.connections(spec.tid))) ?? []).length > 0;
    };
    if (await isConnected()) {
      await this.#comebacks.settled(spec.iqn);
    }
    const cuts = await isConnected();
    await this.#untilDone(spec, (daemon) => reopenTarget(daemon, spec, this.#options.owns));
    if (cuts) {
      this.#comebacks.cut(spec.iqn);
    }
  }

  /** As `TargetHost.ensureRemoved`. */
  async ensureRemoved(target: UnwantedTarget): Promise<void> {
    this.#refuseForeign(target.iqn);
    await this.#untilDone(target, async (daemon) => {
      const { tgtadm, view } = daemon;
      const users = target.chap === undefined ? [] : [target.chap.user];
      const found = view.targets.find(({ iqn }) => iqn === target.iqn);
      if (found !== undefined) {
        return await removeTarget(daemon, { tid: found.tid, accounts: [...found.accounts, ...users] });
      }
      if (await tgtadm.hasTarget(target.tid)) {
        // Another has the tid now, if that is what a look at all of them says too.
        return (await view.look()).every(({ iqn }) => iqn !== target.iqn);
      }
      return await removeTarget(daemon, { tid: target.tid, accounts: users });
    });
  }

  /** As `TargetHost.looseAccounts`. */
  looseAccounts(): Promise<readonly string[]> {
    return this.#steps.run(async () => {
      const { view } = this.#tgtd.daemon;
      if (!view.isKnown) {
        await view.look();
      }
      return view.looseAccounts;
    });
  }

  /** As `TargetHost.ensureAccountRemoved`. */
  async ensureAccountRemoved(user: string): Promise<void> {
    await this.#steps.run(() =>
      this.#inView(async ({ view }) => {
        if (view.looseAccounts.includes(user)) {
          await view.deleteAccount(user);
        }
        return true;
      }),
    );
  }

  /** As `TargetHost.list`. */
  async list(): Promise<readonly TargetState[]> {
    const targets = await this.#steps.run(() => this.#tgtd.daemon.view.look());
    return targets.map((target) => stateOf(target, this.#options.daemon));
  }

  /** Calls back whenever the daemon was started empty; as `TargetHost.onRestart`. */
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
      for (const target of await this.#tgtd.daemon.view.look()) {
        await this.#untilDone(target, (daemon) => removeTarget(daemon, target));
      }
    } catch (error) {
      this.#options.log.warn('Not every target could be removed before the daemon ends', { error });
    }
  }

  async #untilDone(
    target: Pick<TargetSpec, 'tid'> & { iqn: string },
    step: (daemon: Daemon) => Promise<boolean>,
  ): Promise<void> {
    const { clock, busyTimeoutMs = 10_000 } = this.#options;
    const giveUpAt = clock.monotonicMs() + busyTimeoutMs;
    for (
      let waitMs = 5;
      !(await this.#steps.run(() => this.#inView(step)));
      waitMs = Math.min(waitMs * 2, 250)
    ) {
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

  /**
   * Does a step by what we know of the daemon. What turns out otherwise, and what is not done yet, is not known any
   * more; where the knowledge was older than the step, the step is done once more, after a look at everything.
   */
  async #inView(step: (daemon: Daemon) => Promise<boolean>): Promise<boolean> {
    const { daemon } = this.#tgtd;
    const { view } = daemon;
    const isRemembered = view.isKnown;
    try {
      if (!isRemembered) {
        await view.look();
      }
      const isDone = await step(daemon);
      if (!isDone) {
        view.forget();
      }
      return isDone;
    } catch (error) {
      view.forget();
      if (isRemembered && (isRpcError(error, 'TARGET_TOOL_FAILED') || isRpcError(error, 'TARGET_CONFLICT'))) {
        return await this.#inView(step);
      }
      throw error;
    }
  }

  #refuseForeign(iqn: string): void {
    if (!this.#options.owns(iqn)) {
      throw coreError('ARGUMENT_INVALID', `target ${iqn} is not one of ours, so it is not changed`);
    }
  }
}

function stateOf(target: ShownTarget, daemon: number): TargetState {
  return {
    daemon,
    tid: target.tid,
    iqn: target.iqn,
    online: target.state === 'ready',
    backingPaths: new Map(
      target.luns.filter(({ lun }) => lun !== controllerLun).map(({ lun, path }) => [lun, path] as const),
    ),
    accounts: target.accounts,
    initiators: target.acl,
    connections: target.connections,
    readOnly: target.luns.some(({ lun, readOnly }) => lun !== controllerLun && readOnly),
    secretMarker: markerIn(target),
  };
}
