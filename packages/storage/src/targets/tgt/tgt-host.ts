import { coreError, isRpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';
import type {
  ConnectionNumbers,
  LoginTarget,
  TargetAddress,
  TargetDaemon,
  TargetSpec,
  TargetState,
  TargetToRemove,
} from '../target-host.js';
import type { Daemon } from './daemon.js';
import { allowLargeWrites, type ExportRules, exportTarget, type Owns } from './export.js';
import { cutConnections, removeTarget } from './remove.js';
import { ReconnectCooldown, reopenTarget } from './reopen.js';
import { undefinedIfRefused } from './tgtadm.js';
import { sessionKey, stateOf } from './target-state.js';
import { TaskQueue } from './task-queue.js';
import { SessionTimes } from './session-times.js';
import type { ShownTarget } from './show.js';
import { checkSpec } from './spec.js';
import { superviseTgtd, type TgtdSupervisor, type TgtdSupervisorOptions } from './tgtd-supervisor.js';

/** How the targets of one daemon are served. */
export interface TgtHostOptions extends TgtdSupervisorOptions, ExportRules {
  /** Whether closing the host ends the daemon, or leaves it and its sessions to the next host. */
  readonly onStop: 'keep' | 'stop';
  /** How long a busy target is retried, in milliseconds; default: 10 s. */
  readonly busyTimeoutMs?: number | undefined;
}

/**
 * Starts a tgtd of our own, or adopts the one that an earlier host left running for the same state directory, without
 * touching its sessions.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`, `CONFIG_INVALID`
 */
export async function startTgtHost(options: TgtHostOptions): Promise<TgtHost> {
  const { daemon } = options;
  const log = options.log.child({ component: 'targets', ...(daemon > 0 && { daemon }) });
  const tgtd = await superviseTgtd({ ...options, log });
  if (tgtd.state === 'ready') {
    await tuneAdopted(tgtd.daemon, options.owns);
  }
  return new TgtHost(tgtd, options);
}

/** Sets this version's parameters on the targets of a daemon that was adopted; each applies from the initiator's next login on. */
async function tuneAdopted({ tgtadm, cache }: Daemon, owns: Owns): Promise<void> {
  for (const { tid } of (await cache.refresh()).filter(({ iqn }) => owns(iqn))) {
    await undefinedIfRefused(allowLargeWrites(tgtadm, tid));
  }
}

/** The iSCSI targets that one tgtd of our own serves; its methods are those of `TargetHost`. Created by `startTgtHost`. */
export class TgtHost implements AsyncDisposable {
  readonly #tgtd: TgtdSupervisor;
  readonly #options: TgtHostOptions;
  /** Makes checking and acting one step, so that two calls cannot both find a name free. */
  readonly #steps = new TaskQueue();
  readonly #cooldown: ReconnectCooldown;
  readonly #times: SessionTimes;
  /** The initiators whose further logins are refused, by the IQN of their target. */
  readonly #refusing = new Map<string, string>();

  constructor(tgtd: TgtdSupervisor, options: TgtHostOptions) {
    this.#tgtd = tgtd;
    this.#options = options;
    this.#cooldown = new ReconnectCooldown(options.clock);
    this.#times = new SessionTimes(tgtd.state === 'ready' ? tgtd.daemon.process : undefined);
  }

  get state(): TargetDaemon['state'] {
    return this.#tgtd.state;
  }

  get pid(): number {
    return this.#tgtd.daemon.process.pid;
  }

  async ensureExported(spec: TargetSpec): Promise<void> {
    checkSpec(spec);
    this.#refuseForeign(spec.iqn);
    await this.#retryWhileBusy(spec, (daemon) =>
      exportTarget(daemon, spec, { ...this.#options, refusesLogins: this.#refusing.has(spec.iqn) }),
    );
  }

  async reopen(spec: TargetSpec): Promise<void> {
    checkSpec(spec);
    this.#refuseForeign(spec.iqn);
    const isConnected = async (): Promise<boolean> => {
      const { tgtadm } = this.#tgtd.daemon;
      return ((await undefinedIfRefused(tgtadm.connections(spec.tid))) ?? []).length > 0;
    };
    if (await isConnected()) {
      await this.#cooldown.wait(spec.iqn);
    }
    const cutsSessions = await isConnected();
    await this.#retryWhileBusy(spec, (daemon) => reopenTarget(daemon, spec, this.#options));
    if (cutsSessions) {
      this.#cooldown.start(spec.iqn);
    }
  }

  async ensureRemoved(target: TargetToRemove): Promise<void> {
    this.#refuseForeign(target.iqn);
    await this.#retryWhileBusy(target, async (daemon) => {
      const { tgtadm, cache } = daemon;
      const users = target.chap === undefined ? [] : [target.chap.user];
      const found = cache.targets.find(({ iqn }) => iqn === target.iqn);
      if (found !== undefined) {
        return await removeTarget(daemon, { tid: found.tid, accounts: [...found.accounts, ...users] });
      }
      if (await tgtadm.hasTarget(target.tid)) {
        // Another target has the tid now, provided that a full refresh confirms it.
        return (await cache.refresh()).every(({ iqn }) => iqn !== target.iqn);
      }
      return await removeTarget(daemon, { tid: target.tid, accounts: users });
    });
  }

  async refuseLogins({ iqn, initiator }: LoginTarget, refuse: boolean): Promise<void> {
    this.#refuseForeign(iqn);
    await this.#steps.run(() =>
      this.#withCache(async ({ tgtadm, cache }) => {
        const found = cache.targets.find((target) => target.iqn === iqn);
        this.#refusing.delete(iqn);
        if (found !== undefined) {
          // Not by its state: a target that is offline does not serve its sessions either.
          if (refuse) {
            await tgtadm.removeRule(found.tid, initiator);
            this.#refusing.set(iqn, initiator);
          } else {
            await undefinedIfRefused(tgtadm.allowInitiator(found.tid, initiator));
          }
        }
        return true;
      }),
    );
  }

  looseAccounts(): Promise<readonly string[]> {
    return this.#steps.run(async () => {
      const { cache } = this.#tgtd.daemon;
      if (!cache.isValid) {
        await cache.refresh();
      }
      return cache.looseAccounts;
    });
  }

  async ensureAccountRemoved(user: string): Promise<void> {
    await this.#steps.run(() =>
      this.#withCache(async ({ cache }) => {
        if (cache.looseAccounts.includes(user)) {
          await cache.deleteAccount(user);
        }
        return true;
      }),
    );
  }

  async list(): Promise<readonly TargetState[]> {
    const { clock, daemon } = this.#options;
    const { process, targets } = await this.#steps.run(async () => {
      const { process, cache } = this.#tgtd.daemon;
      return { process, targets: await cache.refresh() };
    });
    const sids = targets.flatMap(({ tid, connections }) =>
      connections.map(({ sid }) => sessionKey(tid, sid)),
    );
    const times = this.#times.note(process, sids, clock.now());
    return targets.map((target) => {
      const state = stateOf(target, daemon, times);
      const refused = this.#refusing.get(target.iqn);
      return refused === undefined || state.initiators.includes(refused)
        ? state
        : { ...state, initiators: [...state.initiators, refused] };
    });
  }

  receivedBytes({ tid, sid, cid }: ConnectionNumbers): Promise<number | undefined> {
    return this.#tgtd.daemon.tgtadm.receivedBytes(tid, sid, cid);
  }

  async endSession({ iqn }: TargetAddress, sid: number): Promise<void> {
    this.#refuseForeign(iqn);
    await this.#steps.run(() =>
      this.#withCache(async ({ tgtadm, cache }) => {
        const found = cache.targets.find((target) => target.iqn === iqn);
        await (found && cutConnections(tgtadm, found.tid, (connection) => connection.sid === sid));
        return true;
      }),
    );
  }

  onRestart(rebuild: () => Promise<void>): Promise<void> {
    return this.#tgtd.onRestart(rebuild);
  }

  /** Stops supervising the daemon; ends it too, with its targets, if `onStop` is `stop`. */
  async close(): Promise<void> {
    await this.#tgtd.close();
    if (this.#options.onStop === 'stop') {
      try {
        // So that what initiators wrote is on disk; a busy one is lost with the daemon.
        for (const target of await this.#tgtd.daemon.cache.refresh()) {
          await this.#retryWhileBusy(target, (daemon) => removeTarget(daemon, target));
        }
      } catch (error) {
        this.#options.log.warn('not every target could be removed before the daemon ends', { error });
      }
      await this.#tgtd.stopDaemon();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #retryWhileBusy(
    target: Pick<ShownTarget, 'tid' | 'iqn'>,
    step: (daemon: Daemon) => Promise<boolean>,
  ): Promise<void> {
    const { clock, busyTimeoutMs = 10_000 } = this.#options;
    const giveUpAt = clock.monotonicMs() + busyTimeoutMs;
    const attempt = () => this.#steps.run(() => this.#withCache(step));
    for (let waitMs = 5; !(await attempt()); waitMs = Math.min(waitMs * 2, 250)) {
      if (clock.monotonicMs() > giveUpAt) {
        throw storageError(
          'TARGET_BUSY',
          `target ${target.iqn} is offline, but commands of an initiator are still in progress; try again`,
          { details: { target: target.iqn, tid: target.tid } },
        );
      }
      // Other calls get their turn between the attempts.
      await clock.sleep(waitMs);
    }
  }

  /**
   * Runs a step on the cached state of the daemon, and invalidates the cache if the step fails or is not done. If the
   * step failed on a cache from before it, it runs once more after a full refresh.
   */
  async #withCache(step: (daemon: Daemon) => Promise<boolean>): Promise<boolean> {
    const { daemon } = this.#tgtd;
    const { cache } = daemon;
    const wasCached = cache.isValid;
    try {
      if (!wasCached) {
        await cache.refresh();
      }
      const isDone = await step(daemon);
      if (!isDone) {
        cache.invalidate();
      }
      return isDone;
    } catch (error) {
      cache.invalidate();
      if (wasCached && (isRpcError(error, 'TARGET_TOOL_FAILED') || isRpcError(error, 'TARGET_CONFLICT'))) {
        return await this.#withCache(step);
      }
      throw error;
    }
  }

  #refuseForeign(iqn: string): void {
    if (!this.#options.owns(iqn)) {
      throw coreError('ARGUMENT_INVALID', `target ${iqn} is not one of ours and cannot be changed`);
    }
  }
}
