import type { ShownTarget } from './show.js';
import type { Tgtadm } from './tgtadm.js';

/**
 * A cache of a daemon's targets and accounts. tgtd shows all of its targets or none: a thousand are more than a
 * megabyte, so they are not shown for every command. The cache starts from one full refresh, or empty, and follows our
 * commands; nobody else commands the daemon. It is invalidated as soon as a command finds something unexpected.
 */
export class TargetCache {
  readonly #tgtadm: Tgtadm;
  #targets: Map<number, ShownTarget> | undefined;
  #accounts = new Set<string>();

  /** @param isEmpty whether the daemon is known to have no targets yet */
  constructor(tgtadm: Tgtadm, isEmpty: boolean) {
    this.#tgtadm = tgtadm;
    this.#targets = isEmpty ? new Map() : undefined;
  }

  get isValid(): boolean {
    return this.#targets !== undefined;
  }

  get targets(): readonly ShownTarget[] {
    return [...this.#valid.values()];
  }

  hasAccount(user: string): boolean {
    return this.#accounts.has(user);
  }

  /** The accounts that are bound to no target. */
  get looseAccounts(): readonly string[] {
    const bound = new Set(this.targets.flatMap(({ accounts }) => accounts));
    return [...this.#accounts].filter((user) => !bound.has(user));
  }

  /** Reads all targets and accounts of the daemon, and returns the targets. */
  async refresh(): Promise<readonly ShownTarget[]> {
    this.invalidate();
    const targets = await this.#tgtadm.targets();
    this.#accounts = new Set(await this.#tgtadm.accounts());
    this.#targets = new Map(targets.map((target) => [target.tid, target]));
    return targets;
  }

  invalidate(): void {
    this.#targets = undefined;
    this.#accounts = new Set();
  }

  set(target: ShownTarget): void {
    this.#valid.set(target.tid, target);
  }

  delete(tid: number): void {
    this.#valid.delete(tid);
  }

  async newAccount(user: string, secret: string): Promise<void> {
    await this.#tgtadm.newAccount(user, secret);
    this.#accounts.add(user);
  }

  async deleteAccount(user: string): Promise<void> {
    await this.#tgtadm.deleteAccount(user);
    this.#accounts.delete(user);
  }

  get #valid(): Map<number, ShownTarget> {
    if (this.#targets === undefined) {
      throw new Error('the cache of targets is not valid; refresh it first');
    }
    return this.#targets;
  }
}
