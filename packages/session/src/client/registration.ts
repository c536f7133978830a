import {
  type Clock,
  isRpcError,
  type Lease,
  type Log,
  type NameClaim,
  type NameServerMethods,
  nameServerObject,
} from '@patchbay/objects';

import { Attempts } from './attempts.js';
import { directClient } from './direct-client.js';
import { type ObjectClient } from './object-client.js';
import { type RemoteObject } from './remote-object.js';
import { type Transport } from './transport.js';

/** What a registration needs. */
export interface RegistrationOptions {
  readonly nameServer: string;
  /** What brings it to the name server. */
  readonly transport: Transport;
  readonly serverId: string;
  /** `host:port` as clients shall dial it. */
  readonly address: string;
  /** Those that replace do so once: when this server's names are taken from it in turn, it does not take them back. */
  readonly claims: readonly NameClaim[];
  /** How long the names outlive this server, in milliseconds. */
  readonly ttlMs: number;
  /** Called with the names that were taken from this server, when it learns of it. */
  readonly onLost?: (names: readonly string[]) => void;
  /** Called when `registered` has become another. */
  readonly onChange?: (registered: boolean) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long one request to the name server may take, in milliseconds. */
const requestTimeoutMs = 3_000;

/** How many names the name server takes in one registration. */
const maxClaims = 100;

/**
 * Keeps a server's names registered for as long as it lives, each hundred of them under a lease of their own. Names that
 * were taken from it, by another server on purpose or by an operator, it gives up until the server is started again.
 */
export class Registration implements AsyncDisposable {
  readonly #options: RegistrationOptions;
  readonly #client: ObjectClient;
  readonly #names: RemoteObject<NameServerMethods>;
  #groups: readonly LeasedNames[] = [];
  #wasRegistered = false;

  private constructor(options: RegistrationOptions) {
    this.#options = options;
    const { nameServer, transport, clock } = options;
    this.#client = directClient(nameServer, transport, { clock, timeoutMs: requestTimeoutMs });
    this.#names = this.#client.proxy<NameServerMethods>(nameServerObject);
    // Also without a name there is one lease: it shows whether the name server answers.
    const claims = options.claims.length === 0 ? [[]] : inGroups(options.claims);
    this.#groups = claims.map((each) => this.#lease(each));
  }

  /** Starts to register, and to keep what is registered. The name server need not be there yet. */
  static start(options: RegistrationOptions): Registration {
    return new Registration(options);
  }

  /** Whether the names are registered, and the name server answered when it was last asked. */
  get registered(): boolean {
    return this.#groups.every((group) => group.registered);
  }

  /**
   * Claims further names from now on, and others no longer; those that stay are registered all the time. Fulfils when
   * the name server was asked, whatever it said: if need be it is asked again, as at the start.
   */
  async change({
    add = [],
    remove = [],
  }: {
    readonly add?: readonly NameClaim[];
    readonly remove?: readonly string[];
  }): Promise<void> {
    // One after the other: a new name that is taken must not keep an old one registered.
    if (remove.length > 0) {
      await Promise.all(this.#groups.map((group) => group.release(remove)));
    }
    let left = add;
    const changes: Promise<void>[] = [];
    for (const group of this.#groups) {
      const some = left.slice(0, maxClaims - group.claims.length);
      if (some.length > 0) {
        changes.push(group.claim([...group.claims, ...some]));
        left = left.slice(some.length);
      }
    }
    const added = inGroups(left).map((claims) => this.#lease(claims));
    this.#groups = [...this.#groups, ...added];
    await Promise.all([...changes, ...added.map((group) => group.claim(group.claims))]);
  }

  /** Gives the names back. A name server that cannot be reached forgets them when their leases pass. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#groups.map((group) => group[Symbol.asyncDispose]()));
    await this.#client[Symbol.asyncDispose]();
  }

  #lease(claims: readonly NameClaim[]): LeasedNames {
    return new LeasedNames(claims, this.#names, this.#options, () => {
      if (this.registered !== this.#wasRegistered) {
        this.#wasRegistered = this.registered;
        this.#options.onChange?.(this.#wasRegistered);
      }
    });
  }
}

/** Splits claims into as many as the name server takes at once. */
function inGroups(claims: readonly NameClaim[]): readonly (readonly NameClaim[])[] {
  return claims.length === 0 ? [] : [claims.slice(0, maxClaims), ...inGroups(claims.slice(maxClaims))];
}

/**
 * Keeps names registered under one lease: renews it in good time, registers anew when the name server lost it, and waits
 * for a name server that is away.
 */
class LeasedNames implements AsyncDisposable {
  readonly #options: RegistrationOptions;
  readonly #names: RemoteObject<NameServerMethods>;
  readonly #stop = new AbortController();
  readonly #attempts: Attempts;
  claims: readonly NameClaim[];
  /** The names that were replaced: once is enough, no tug of war. */
  readonly #replaced = new Set<string>();
  #lease: Lease | undefined;
  /** Whether other names are claimed than those that hang on the lease. */
  #outdated = false;
  #trouble: string | undefined;

  constructor(
    claims: readonly NameClaim[],
    names: RemoteObject<NameServerMethods>,
    options: RegistrationOptions,
    onAttempt: () => void,
  ) {
    this.#options = options;
    this.#names = names;
    this.claims = claims;
    this.#attempts = new Attempts(options.clock, async () => {
      const waitMs = await this.#attempt();
      onAttempt();
      return waitMs;
    });
  }

  get registered(): boolean {
    return this.#lease !== undefined && this.#trouble === undefined && !this.#outdated;
  }

  /** Claims no longer those of its names that are among these. */
  async release(names: readonly string[]): Promise<void> {
    const kept = this.claims.filter(({ name }) => !names.includes(name));
    if (kept.length < this.claims.length) {
      await this.claim(kept);
    }
  }

  /** Claims these names from now on; fulfils when the name server was asked. */
  async claim(claims: readonly NameClaim[]): Promise<void> {
    this.claims = claims;
    this.#outdated = true;
    await this.#attempts.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#attempts.stop();
    if (this.#lease !== undefined) {
      try {
        await this.#names.unregister(this.#lease.leaseId);
        this.#options.log.info('the names are unregistered');
      } catch (error) {
        this.#options.log.warn('the names could not be unregistered; they go when their lease passes', {
          error,
        });
      }
    }
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Registers or renews; says how long all is well then, in milliseconds, or undefined when it failed. */
  async #attempt(): Promise<number | undefined> {
    const { log } = this.#options;
    try {
      const lease = this.#lease;
      this.#lease = lease === undefined || this.#outdated ? await this.#register() : await this.#renew(lease);
      this.#trouble = undefined;
      this.#giveUp(this.#lease.lost ?? []);
      return this.#lease.ttlMs / 3;
    } catch (error) {
      if (isRpcError(error, 'LEASE_NOT_FOUND')) {
        log.warn('the name server no longer knows the lease; registering anew');
        this.#lease = undefined;
        return 0;
      }
      this.#warn(error);
      return await this.#keepFormer();
    }
  }

  /** Says what keeps the names from being registered: once, not at every attempt. */
  #warn(error: unknown): void {
    const away = isRpcError(error) && (error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED');
    const trouble = away ? 'away' : String(error);
    if (this.#stopped || trouble === this.#trouble) {
      return;
    }
    this.#trouble = trouble;
    this.#options.log.warn(
      away
        ? 'the name server does not answer; trying again until it does'
        : 'the name server refuses the names; trying again until it takes them',
      { nameServer: this.#options.nameServer, error },
    );
  }

  async #register(): Promise<Lease> {
    const { serverId, address, ttlMs, log } = this.#options;
    const claims = this.claims;
    const former = this.#lease;
    const asked = claims.map((claim) =>
      this.#replaced.has(claim.name) ? { ...claim, replace: false } : claim,
    );
    const lease = await this.#names.register(serverId, address, asked, { ttlMs });
    claims.forEach(({ name }) => this.#replaced.add(name));
    this.#outdated = this.claims !== claims;
    if (former !== undefined) {
      await this.#end(former);
    }
    log.info('the names are registered', {
      names: claims.map(({ name }) => name),
      address,
      leaseId: lease.leaseId,
    });
    return lease;
  }

  /** Gives back the names that hang on a lease still, though another one has taken its place. */
  async #end(former: Lease): Promise<void> {
    try {
      await this.#names.unregister(former.leaseId);
    } catch (error) {
      if (!isRpcError(error, 'LEASE_NOT_FOUND')) {
        this.#options.log.debug('a former lease could not be ended; it passes by itself', { error });
      }
    }
  }

  /**
   * Renews the lease of the names so far while others cannot be had, so that those are not lost meanwhile; says how
   * long they are kept by that, in milliseconds, or undefined where there are none.
   */
  async #keepFormer(): Promise<number | undefined> {
    if (this.#lease === undefined || !this.#outdated || this.#trouble === 'away' || this.#stopped) {
      return undefined;
    }
    try {
      this.#lease = await this.#renew(this.#lease);
      this.#giveUp(this.#lease.lost ?? []);
      return this.#lease.ttlMs / 3;
    } catch {
      this.#lease = undefined; // the next attempt registers what can be had
      return undefined;
    }
  }

  /** Claims names no longer that were taken from this server: whoever took them meant to. */
  #giveUp(lost: readonly string[]): void {
    const names = this.claims.map(({ name }) => name).filter((name) => lost.includes(name));
    if (names.length > 0) {
      this.claims = this.claims.filter(({ name }) => !lost.includes(name));
      this.#options.log.warn('names were taken from this server; it does not register them again', { names });
      this.#options.onLost?.(names);
    }
  }

  async #renew(lease: Lease): Promise<Lease> {
    // A renewal that a stop finds under way is of no use any more, and waiting for it would delay the stop.
    const renewed = await this.#names.with({ signal: this.#stop.signal }).keep_alive(lease.leaseId);
    if (this.#trouble !== undefined && !this.#outdated) {
      this.#options.log.info('the name server answers again; the names are registered');
    }
    return renewed;
  }
}
