import { type ShownTarget } from './show-targets.js';
import { type Tgtadm } from './tgtadm.js';

/**
 * What a daemon has, as we know it. tgtd shows all its targets or none: a thousand are more than a megabyte, so
 * they are not shown for every command. One look at everything, or the knowledge that a daemon was started empty, is
 * kept up with what we do ourselves; the daemon is ours alone. It is forgotten as soon as something turns out other
 * than expected, and every look at everything replaces it.
 */
export class TargetView {
  readonly #tgtadm: Tgtadm;
  #targets: Map<number, ShownTarget> | undefined;
  #accounts = new Set<string>();

  /** @param isEmpty whether the daemon is known to have nothing yet */
  constructor(tgtadm: Tgtadm, isEmpty: boolean) {
    this.#tgtadm = tgtadm;
    this.#targets = isEmpty ? new Map() : undefined;
  }

  get isKnown(): boolean {
    return this.#targets !== undefined;
  }

  get targets(): readonly ShownTarget[] {
    return [...this.#known.values()];
  }

  /** Whether there is an account of this name. */
  hasAccount(user: string): boolean {
    return this.#accounts.has(user);
  }

  /** The accounts that no target has. */
  get looseAccounts(): readonly string[] {
    const bound = new Set(this.targets.flatMap(({ accounts }) => accounts));
    return [...this.#accounts].filter((user) => !bound.has(user));
  }

  /** Looks at everything that the daemon has. */
  async look(): Promise<readonly ShownTarget[]> {
    this.forget();
    const targets = await this.#tgtadm.targets();
    this.#accounts = new Set(await this.#tgtadm.accounts());
    this.#targets = new Map(targets.map((target) => [target.tid, target]));
    return targets;
  }

  forget(): void {
    this.#targets = undefined;
    this.#accounts = new Set();
  }

  /** Takes note of how a target is now. */
  set(target: ShownTarget): void {
    this.#known.set(target.tid, target);
  }

  /** Takes note that a target is gone. */
  delete(tid: number): void {
    this.#known.delete(tid);
  }

  async newAccount(user: string, secret: string): Promise<void> {
    await this.#tgtadm.newAccount(user, secret);
    this.#accounts.add(user);
  }

  async deleteAccount(user: string): Promise<void> {
    await this.#tgtadm.deleteAccount(user);
    this.#accounts.delete(user);
  }

  get #known(): Map<number, ShownTarget> {
    if (this.#targets === undefined) {
      throw new Error('the targets were not looked at');
    }
    return this.#targets;
  }
}
