import {
  backoffMs,
  type Clock,
  isRpcError,
  type Lease,
  type Log,
  type NameClaim,
  nameServerFailure,
  type NameServerMethods,
  PeriodicTask,
  type RpcError,
  toRpcError,
} from '@patchbay/objects';

import type { RemoteObject } from './remote-object.js';

/** What names are leased with. */
export interface LeaseOptions {
  /** The name server's address, for the log. */
  readonly nameServer: string;
  readonly serverId: string;
  /** The address that clients dial. */
  readonly address: string;
  /** The socket file for clients on the same machine, as `unix:/path`. */
  readonly socket?: string | undefined;
  /** Identifies the machine of the socket files, as `machineId` does. */
  readonly machine?: string | undefined;
  /** How long the names outlive this server, in milliseconds. */
  readonly ttlMs: number;
  /** Called with names that were taken from this server, when it learns of it. */
  readonly onLost?: (names: readonly string[]) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long to wait before a failed registration or renewal is retried. */
const retry = { firstMs: 200, maxMs: 3_000, jitter: true };

/**
 * Keeps names registered under one lease: renews it in time, registers again when the name server lost it, and retries
 * while the name server is unreachable or refuses the names.
 */
export class LeasedNames implements AsyncDisposable {
  readonly #options: LeaseOptions;
  readonly #names: RemoteObject<NameServerMethods>;
  readonly #keeping: PeriodicTask;
  claims: readonly NameClaim[];
  /** The names that have replaced another owner once; doing so again would be a tug of war. */
  readonly #replaced = new Set<string>();
  /** Fulfils once the name server was asked for the first time, whatever it answered. */
  readonly firstAnswer: Promise<void>;
  /** Why the name server refused the names when it was last asked; undefined if it did not. */
  refusal: RpcError | undefined;
  #lease: Lease | undefined;
  /** Whether the claims differ from the names on the lease. */
  #outdated = false;
  #trouble: string | undefined;

  /** Starts to register names, and to keep them registered; `onAttempt` is called after each request. */
  constructor(
    claims: readonly NameClaim[],
    names: RemoteObject<NameServerMethods>,
    options: LeaseOptions,
    onAttempt: () => void,
  ) {
    this.#options = options;
    this.#names = names;
    this.claims = claims;
    this.#keeping = PeriodicTask.start({
      clock: options.clock,
      run: async (signal) => {
        try {
          return await this.#attempt(signal);
        } finally {
          onAttempt();
        }
      },
      onFailure: (_error, failures) => backoffMs(retry, failures),
    });
    this.firstAnswer = this.#keeping.wake(); // which the first run, that has not begun yet, answers
  }

  get registered(): boolean {
    return this.#lease !== undefined && this.#trouble === undefined && !this.#outdated;
  }

  async release(names: readonly string[]): Promise<void> {
    const kept = this.claims.filter(({ name }) => !names.includes(name));
    if (kept.length < this.claims.length) {
      await this.claim(kept);
    }
  }

  /** Claims these names from now on. Fulfils once the name server was asked, whatever it answered. */
  async claim(claims: readonly NameClaim[]): Promise<void> {
    this.claims = claims;
    this.#outdated = true;
    await this.#keeping.wake();
  }

  async close(): Promise<void> {
    await this.#keeping.close();
    if (this.#lease === undefined) {
      return;
    }
    try {
      await this.#names.unregister(this.#lease.leaseId);
      this.#options.log.info('unregistered the names');
    } catch (error) {
      const { log } = this.#options;
      log.warn('cannot unregister the names; they disappear when their lease expires', { error });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Registers or renews, and returns for how long that holds, in ms. @throws why nothing is registered now */
  async #attempt(signal: AbortSignal): Promise<number> {
    try {
      const lease = this.#lease;
      return this.#holdFor(
        lease === undefined || this.#outdated ? await this.#register() : await this.#renew(lease, signal),
        undefined,
      );
    } catch (error) {
      if (isRpcError(error, 'LEASE_NOT_FOUND', 'LEASE_NOT_OWNED')) {
        this.#options.log.warn('the name server no longer knows the lease; registering again');
        this.#lease = undefined;
        return 0;
      }
      if (!signal.aborted) {
        this.#warn(error);
      }
      return await this.#keepFormer(error, signal);
    }
  }

  /** Takes the lease that the name server granted, and returns when it is to be renewed. */
  #holdFor(lease: Lease, trouble: string | undefined): number {
    this.#lease = lease;
    this.#trouble = trouble;
    if (trouble === undefined) {
      this.refusal = undefined;
    }
    this.#giveUp(lease.lost ?? []);
    return lease.ttlMs / 3;
  }

  /** Logs why the names are not registered: once, not at every attempt. */
  #warn(thrown: unknown): void {
    const { nameServer, log } = this.#options;
    const error = toRpcError(nameServerFailure(thrown, nameServer));
    const unreachable = error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED';
    const trouble = unreachable ? 'unreachable' : String(error);
    this.refusal = unreachable ? undefined : error;
    if (trouble === this.#trouble) {
      return;
    }
    this.#trouble = trouble;
    log.warn(
      unreachable
        ? 'the name server does not respond; retrying until it does'
        : 'the name server refuses the names; retrying until it accepts them',
      { nameServer, error },
    );
  }

  async #register(): Promise<Lease> {
    const { serverId, address, socket, machine, ttlMs, log } = this.#options;
    const claims = this.claims;
    const former = this.#lease;
    const asked = claims.map((claim) =>
      this.#replaced.has(claim.name) ? { ...claim, replace: false } : claim,
    );
    const lease = await this.#names.register(serverId, address, asked, {
      ttlMs,
      ...(socket !== undefined && { socket }),
      ...(machine !== undefined && { machine }),
    });
    claims.forEach(({ name }) => this.#replaced.add(name));
    this.#outdated = this.claims !== claims;
    if (former !== undefined) {
      await this.#end(former);
    }
    const names = claims.map(({ name }) => name);
    log.info('registered the names', { names, address, leaseId: lease.leaseId });
    return lease;
  }

  /** Ends the lease that another one has replaced, with the names that are left on it. */
  async #end(former: Lease): Promise<void> {
    try {
      await this.#names.unregister(former.leaseId);
    } catch (error) {
      if (!isRpcError(error, 'LEASE_NOT_FOUND')) {
        this.#options.log.debug('cannot end a former lease; it expires by itself', { error });
      }
    }
  }

  /**
   * Renews the lease of the former names while the new ones are refused, so that those are not lost meanwhile.
   *
   * @throws the error of the attempt, where there is nothing to renew
   */
  async #keepFormer(error: unknown, signal: AbortSignal): Promise<number> {
    if (this.#lease === undefined || !this.#outdated || this.#trouble === 'unreachable' || signal.aborted) {
      throw error;
    }
    try {
      return this.#holdFor(await this.#renew(this.#lease, signal), this.#trouble);
    } catch {
      this.#lease = undefined; // the next attempt registers what it can
      throw error;
    }
  }

  /** Stops claiming names that were taken from this server, as whoever took them meant to. */
  #giveUp(lost: readonly string[]): void {
    const names = this.claims.map(({ name }) => name).filter((name) => lost.includes(name));
    if (names.length > 0) {
      this.claims = this.claims.filter(({ name }) => !lost.includes(name));
      this.#options.log.warn('names were taken from this server; it does not register them again', { names });
      this.#options.onLost?.(names);
    }
  }

  /** Renews a lease. Closing aborts it, as the renewal would be of no use and would delay the end. */
  async #renew(lease: Lease, signal: AbortSignal): Promise<Lease> {
    const renewed = await this.#names.with({ signal }).keep_alive(lease.leaseId);
    if (this.#trouble !== undefined && !this.#outdated) {
      this.#options.log.info('the name server responds again; the names are registered');
    }
    return renewed;
  }
}
