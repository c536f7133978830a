import { isRpcError } from '@patchbay/objects';

import { type Exec, ExecError } from '../../exec.js';
import type {
  ConnectionNumbers,
  LoginTarget,
  TargetAddress,
  TargetDaemon,
  TargetHost,
  TargetSpec,
  TargetState,
  TargetToRemove,
} from '../target-host.js';
import { movePortals } from './adopt.js';
import { endSurplusTgtds, tgtdPaths } from './launch.js';
import { portalAfter, portOf } from './portal.js';
import { TaskQueue } from './task-queue.js';
import { readConnections } from './tcp-table.js';
import { startTgtHost, type TgtHost, type TgtHostOptions } from './tgt-host.js';

/** How the targets of this host are served. */
export interface TgtHostsOptions extends Omit<TgtHostOptions, 'daemon'> {
  /** How many targets one daemon serves. */
  readonly targetsPerDaemon: number;
  /** How many daemons to start at once, for the known targets; at least one. */
  readonly daemons: number;
  readonly exec: Exec;
}

/**
 * Starts or adopts the tgtds that are needed, and ends those that are no longer needed.
 * @throws RpcError `PORTAL_UNAVAILABLE`, `TOOL_MISSING`, `TARGET_TOOL_UNAVAILABLE`, `CONFIG_INVALID`
 */
export async function startTgtHosts(options: TgtHostsOptions): Promise<TgtHosts> {
  const portals = portalsOf(options);
  await movePortals(
    portals.map((portal, daemon) => {
      const log = options.log.child({ component: 'targets', ...(daemon > 0 && { daemon }) });
      return { ...options, portal, log, paths: tgtdPaths(options.stateDir, daemon) };
    }),
  );
  await endSurplusTgtds(options.stateDir, options.daemons, options);
  const started: TgtHost[] = [];
  try {
    while (started.length < options.daemons) {
      started.push(await startAt(options, started.length));
    }
  } catch (error) {
    await Promise.all(started.map((host) => host.close()));
    throw error;
  }
  await warnIfVulnerable(options);
  return new TgtHosts(options, started);
}

/** Returns the portal of each daemon. @throws RpcError `CONFIG_INVALID` when there are not so many ports */
export function portalsOf({ portal, daemons }: Pick<TgtHostsOptions, 'portal' | 'daemons'>): string[] {
  return Array.from({ length: daemons }, (_, daemon) => portalAfter(portal, daemon));
}

/**
 * The iSCSI targets of this host, served by one or several tgtds of our own. Creating an account takes tgtd longer the
 * more there are, and it serves all sessions with one thread, so each daemon serves only its share of the targets. Each
 * is supervised and rebuilt independently. Created by `startTgtHosts`.
 */
export class TgtHosts implements TargetHost {
  readonly #options: TgtHostsOptions;
  /** Indexed by the numbers of their daemons. */
  readonly #hosts: TgtHost[];
  readonly #starts = new TaskQueue();
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

  async ensureRemoved(target: TargetToRemove): Promise<void> {
    // A daemon that is not running has no targets.
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

  connected(): Promise<readonly (string | undefined)[]> {
    return readConnections(this.#hosts.map((_, daemon) => portOf(this.portalOf(daemon))));
  }

  async receivedBytes(connection: ConnectionNumbers): Promise<number | undefined> {
    return await this.#hosts[connection.daemon]?.receivedBytes(connection);
  }

  async endSession(target: TargetAddress, sid: number): Promise<void> {
    await this.#hosts[target.daemon]?.endSession(target, sid);
  }

  async refuseLogins(target: LoginTarget, refuse: boolean): Promise<void> {
    await this.#hosts[target.daemon]?.refuseLogins(target, refuse);
  }

  async onRestart(rebuild: (daemon: number) => Promise<void>): Promise<void> {
    this.#rebuild = rebuild;
    await Promise.all(this.#hosts.map((host, daemon) => host.onRestart(() => rebuild(daemon))));
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Starts a daemon for its first target, and any missing ones with lower numbers. */
  #start(daemon: number): Promise<TgtHost> {
    return this.#starts.run(async () => {
      while (this.#hosts.length <= daemon) {
        const number = this.#hosts.length;
        const host = await startAt(this.#options, number);
        this.#hosts.push(host);
        let isNew = true;
        await host.onRestart(async () => {
          // The targets of a daemon that never ran before are being exported by those that wait for it.
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

/** Debian's first version in which a CHAP response cannot be replayed. */
const fixedVersion = '1:1.0.85-1+deb12u1';

/** Warns if the installed tgt lets an eavesdropper replay a CHAP login (CVE-2024-45751). */
export async function warnIfVulnerable({ exec, log }: Pick<TgtHostsOptions, 'exec' | 'log'>): Promise<void> {
  try {
    const { stdout: version } = await exec('dpkg-query', ['--show', '--showformat=${Version}', 'tgt']);
    const compare = ['--compare-versions', version, 'lt', fixedVersion];
    const { exitCode } = await exec('dpkg', compare, { okExitCodes: [0, 1] });
    if (exitCode === 0) {
      log.warn('the installed tgt is vulnerable to replayed CHAP logins (CVE-2024-45751); upgrade it', {
        version,
        fixedVersion,
      });
    }
  } catch (error) {
    // Not Debian, or not its package: the version does not tell which fixes it has.
    if (!(error instanceof ExecError || isRpcError(error, 'TOOL_MISSING'))) {
      throw error;
    }
    log.debug('cannot determine whether the installed tgt has the fix for CVE-2024-45751', { error });
  }
}
