import { storageError } from '../../src/errors.js';
import type {
  ConnectionNumbers,
  TargetAddress,
  TargetConnection,
  TargetDaemon,
  TargetHost,
  TargetSpec,
  TargetState,
  TargetToRemove,
} from '../../src/targets/target-host.js';

/** A target host in memory, which refuses what breaks tgt: two targets on one file. */
export class MemoryTargets implements TargetHost {
  readonly daemons: TargetDaemon[] = [{ daemon: 0, state: 'ready' }];
  /** How many targets one daemon serves. */
  targetsPerDaemon = 250;
  readonly specs = new Map<string, TargetSpec>();
  readonly foreign: TargetState[] = [];
  /** Accounts that are bound to no target. */
  readonly accounts = new Set<string>();
  /** What somebody added to targets by hand: rules by the target's IQN, and accounts. */
  readonly addedRules = new Map<string, string[]>();
  readonly addedAccounts = new Map<string, string[]>();
  /** The targets that refuse further logins. */
  readonly refusing = new Set<string>();
  /** How many bytes were received on sessions, by their number. */
  readonly received = new Map<number, number>();
  readonly connections = new Map<string, TargetConnection[]>();
  /** The targets that were reopened. */
  readonly reopened: string[] = [];
  available = true;
  #rebuild: (daemon: number) => Promise<void> = () => Promise.resolve();

  daemonFor(tid: number): number {
    return Math.floor((tid - 1) / this.targetsPerDaemon);
  }

  portalOf(daemon: number): string {
    return `127.0.0.1:${String(3260 + daemon)}`;
  }

  ensureExported(spec: TargetSpec): Promise<void> {
    return this.#step(() => {
      for (const [iqn, other] of this.specs) {
        if (iqn !== spec.iqn && (other.backingPath === spec.backingPath || other.tid === spec.tid)) {
          throw new Error(`${spec.iqn} and ${iqn} have the same tid or file`);
        }
      }
      for (let daemon = this.daemons.length; daemon <= spec.daemon; daemon++) {
        this.daemons.push({ daemon, state: 'ready' });
      }
      this.specs.set(spec.iqn, spec);
      this.addedRules.delete(spec.iqn);
      this.addedAccounts.delete(spec.iqn);
    });
  }

  reopen(spec: TargetSpec): Promise<void> {
    this.reopened.push(spec.iqn);
    return this.ensureExported(spec);
  }

  ensureRemoved({ iqn }: TargetToRemove): Promise<void> {
    return this.#step(() => {
      this.specs.delete(iqn);
      this.connections.delete(iqn);
    });
  }

  looseAccounts(daemon: number): Promise<readonly string[]> {
    return this.#step(() => (daemon === 0 ? [...this.accounts] : []));
  }

  ensureAccountRemoved(_daemon: number, user: string): Promise<void> {
    return this.#step(() => {
      this.accounts.delete(user);
    });
  }

  list(daemon: number): Promise<readonly TargetState[]> {
    const all = (): TargetState[] => [
      ...this.foreign,
      ...[...this.specs.values()].map((spec) => ({
        daemon: spec.daemon,
        tid: spec.tid,
        iqn: spec.iqn,
        online: true,
        backingPaths: new Map([[spec.lun, spec.backingPath]]),
        accounts: [spec.chap.user, ...(this.addedAccounts.get(spec.iqn) ?? [])],
        initiators: [spec.initiator, ...(this.addedRules.get(spec.iqn) ?? [])],
        connections: this.connections.get(spec.iqn) ?? [],
      })),
    ];
    return this.#step(() => all().filter((state) => state.daemon === daemon));
  }

  connected(): Promise<readonly string[]> {
    const all = [...this.connections].map(([iqn, connections]) => [iqn, connections.map(({ sid }) => sid)]);
    return Promise.resolve(this.daemons.map(() => JSON.stringify(all)));
  }

  receivedBytes({ sid }: ConnectionNumbers): Promise<number | undefined> {
    return Promise.resolve(this.received.get(sid) ?? 0);
  }

  endSession({ iqn }: TargetAddress, sid: number): Promise<void> {
    return this.#step(() => {
      const left = (this.connections.get(iqn) ?? []).filter((connection) => connection.sid !== sid);
      this.connections.set(iqn, left);
    });
  }

  refuseLogins({ iqn }: TargetAddress, refuse: boolean): Promise<void> {
    return this.#step(() => {
      this.refusing.delete(iqn);
      if (refuse) {
        this.refusing.add(iqn);
      }
    });
  }

  onRestart(rebuild: (daemon: number) => Promise<void>): Promise<void> {
    this.#rebuild = rebuild;
    return Promise.resolve();
  }

  /** Drops all targets of a daemon, as when it is killed, and has them rebuilt. */
  async restart(daemon = 0): Promise<void> {
    for (const [iqn, spec] of this.specs) {
      if (spec.daemon === daemon) {
        this.specs.delete(iqn);
        this.connections.delete(iqn);
      }
    }
    await this.#rebuild(daemon);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #step<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (!this.available) {
      throw storageError('TARGET_TOOL_UNAVAILABLE', 'the target daemon does not respond');
    }
    return work();
  }
}
