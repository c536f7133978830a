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
import { connectOver } from './connect-over.js';
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

/**
 * Keeps a server's names registered under one lease for as long as it lives: renews the lease in good time,
 * registers anew when the name server lost it, and waits for a name server that is away. Names that were taken from
 * it, by another server on purpose or by an operator, it gives up until the server is started again.
 */
export class Registration implements AsyncDisposable {
  readonly #options: RegistrationOptions;
  readonly #client: ObjectClient;
  readonly #names: RemoteObject<NameServerMethods>;
  readonly #stop = new AbortController();
  readonly #attempts: Attempts;
  #claims: readonly NameClaim[];
  /** The names that were replaced: once is enough, no tug of war. */
  readonly #replaced = new Set<string>();
  #lease: Lease | undefined;
  /** Whether other names are claimed than those that hang on the lease. */
  #outdated = false;
  #trouble: string | undefined;
  #wasRegistered = false;

  private constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#claims = options.claims;
    this.#client = connectOver(options.transport, options.nameServer, {
      clock: options.clock,
      timeoutMs: requestTimeoutMs,
    });
    this.#names = this.#client.proxy<NameServerMethods>(nameServerObject);
    this.#attempts = new Attempts(options.clock, async () => {
      const waitMs = await this.#attempt();
      this.#tellChange();
      return waitMs;
    });
  }

  /** Starts to register, and to keep what is registered. The name server need not be there yet. */
  static start(options: RegistrationOptions): Registration {
    return new Registration(options);
  }

  /** Whether the names are registered, and the name server answered when it was last asked. */
  get registered(): boolean {
    return this.#lease !== undefined && this.#trouble === undefined && !this.#outdated;
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
      await this.#claim(this.#claims.filter(({ name }) => !remove.includes(name)));
    }
    if (add.length > 0) {
      await this.#claim([...this.#claims, ...add]);
    }
  }

  async #claim(claims: readonly NameClaim[]): Promise<void> {
    this.#claims = claims;
    this.#outdated = true;
    await this.#attempts.now();
  }

  /** Gives the names back. A name server that cannot be reached forgets them when the lease passes. */
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
    await this.#client[Symbol.asyncDispose]();
  }

  #tellChange(): void {
    if (this.registered !== this.#wasRegistered) {
      this.#wasRegistered = this.registered;
      this.#options.onChange?.(this.#wasRegistered);
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
    const claims = this.#claims;
    const former = this.#lease;
    const asked = claims.map((claim) =>
      this.#replaced.has(claim.name) ? { ...claim, replace: false } : claim,
    );
    const lease = await this.#names.register(serverId, address, asked, { ttlMs });
    claims.forEach(({ name }) => this.#replaced.add(name));
    this.#outdated = this.#claims !== claims;
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
    const names = this.#claims.map(({ name }) => name).filter((name) => lost.includes(name));
    if (names.length > 0) {
      this.#claims = this.#claims.filter(({ name }) => !lost.includes(name));
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
