import { type Exec } from '../../exec.js';
import {
  type TargetDaemon,
  type TargetHost,
  type TargetSpec,
  type TargetState,
  type UnwantedTarget,
} from '../target-host.js';
import { endSurplusTgtds } from './launch.js';
import { portalAfter } from './portal.js';
import { Serial } from './serial.js';
import { startTgtHost, type TgtHost, type TgtHostOptions } from './tgt-host.js';
import { warnOfVulnerableTgt } from './version.js';

export interface TgtHostsOptions extends Omit<TgtHostOptions, 'daemon'> {
  /** How many targets go to one daemon. */
  readonly targetsPerDaemon: number;
  /** How many daemons the known targets need, and so are started at once; at least one. */
  readonly daemons: number;
  readonly exec: Exec;
}

/**
 * Starts, or takes over, the tgtds that are needed, and ends those that nobody needs any more.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`, `CONFIG_INVALID`
 */
export async function startTgtHosts(options: TgtHostsOptions): Promise<TgtHosts> {
  await endSurplusTgtds(options);
  const started: TgtHost[] = [];
  try {
    while (started.length < options.daemons) {
      started.push(await startAt(options, started.length));
    }
  } catch (error) {
    await Promise.all(started.map((host) => host[Symbol.asyncDispose]()));
    throw error;
  }
  await warnOfVulnerableTgt(options);
  return new TgtHosts(options, started);
}

/**
 * The iSCSI targets of this machine, served by one or several tgtds of our own; made by `startTgtHosts`. To make an
 * account takes tgtd the longer the more there are, and it serves all sessions with one thread; so each daemon has its
 * share of targets only. Each is looked after, and rebuilt, without the others noticing.
 */
export class TgtHosts implements TargetHost {
  readonly #options: TgtHostsOptions;
  /** By the numbers of their daemons. */
  readonly #hosts: TgtHost[];
  readonly #starts = new Serial();
  #rebuild: (daemon: number) => Promise<void> = () => Promise.resolve();

  constructor(options: TgtHostsOptions, started: readonly TgtHost[]) {
    this.#options = options;
    this.#hosts = [...started];
  }

  get daemons(): readonly TargetDaemon[] {
    return this.#hosts.map(({ state }, daemon) => ({ daemon, state }));
  }

  daemonFor(tid: number): number {
    return Math.floor((tid - 1) / this.#options.targetsPerDaemon);
  }

  portalOf(daemon: number): string {
    return portalAfter(this.#options.portal, daemon);
  }

  async ensureExported(spec: TargetSpec): Promise<void> {
    const host = this.#hosts[spec.daemon] ?? (await this.#start(spec.daemon));
    await host.ensureExported(spec);
  }

  async reopen(spec: TargetSpec): Promise<void> {
    const host = this.#hosts[spec.daemon] ?? (await this.#start(spec.daemon));
    await host.reopen(spec);
  }

  async ensureRemoved(target: UnwantedTarget): Promise<void> {
    // A daemon that was not started has no targets.
    await this.#hosts[target.daemon]?.ensureRemoved(target);
  }

  async looseAccounts(daemon: number): Promise<readonly string[]> {
    return (await this.#hosts[daemon]?.looseAccounts()) ?? [];
  }

  async ensureAccountRemoved(daemon: number, user: string): Promise<void> {
    await this.#hosts[daemon]?.ensureAccountRemoved(user);
  }

  async list(daemon: number): Promise<readonly TargetState[]> {
    return (await this.#hosts[daemon]?.list()) ?? [];
  }

  async onRestart(rebuild: (daemon: number) => Promise<void>): Promise<void> {
    this.#rebuild = rebuild;
    await Promise.all(this.#hosts.map((host, daemon) => host.onRestart(() => rebuild(daemon))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host[Symbol.asyncDispose]()));
  }

  /** Starts a daemon for its first target, and those before it that there are none of yet. */
  #start(daemon: number): Promise<TgtHost> {
    return this.#starts.run(async () => {
      while (this.#hosts.length <= daemon) {
        const number = this.#hosts.length;
        const host = await startAt(this.#options, number);
        this.#hosts.push(host);
        let isNew = true;
        await host.onRestart(async () => {
          // Whatever goes to a daemon that there never was is being exported to it by those who wait for it.
          if (!isNew) {
            await this.#rebuild(number);
          }
          isNew = false;
        });
      }
      return this.#hosts[daemon] as TgtHost;
    });
  }
}

function startAt(options: TgtHostsOptions, daemon: number): Promise<TgtHost> {
  return startTgtHost({ ...options, daemon, portal: portalAfter(options.portal, daemon) });
}
