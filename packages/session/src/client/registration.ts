import { type NameClaim, type NameServerMethods, nameServerObject, type RpcError } from '@patchbay/objects';

import { connectOver } from './connect-over.js';
import { LeasedNames, type LeaseOptions } from './leased-names.js';
import type { ObjectClient } from './object-client.js';
import type { RemoteObject } from './remote-object.js';
import type { Transport } from './transport.js';

/** What a registration needs. */
export interface RegistrationOptions extends LeaseOptions {
  /** Connects to the name server. */
  readonly transport: Transport;
  /**
   * The host to which the names belong, `host:web1`, where a server reaches its name server by a socket file of the same
   * machine. Default: who connects.
   */
  readonly onBehalfOf?: string | undefined;
  /** A claim that replaces another owner does so once: if the name is taken back, it is given up. */
  readonly claims: readonly NameClaim[];
  /** Called when `registered` has changed. */
  readonly onChange?: (registered: boolean) => void;
}

/** How long one request to the name server may take, in milliseconds. */
const requestTimeoutMs = 3_000;

/** How many names the name server accepts in one registration. */
const maxClaims = 100;

/**
 * Keeps a server's names registered for as long as it lives, each hundred of them under a lease of their own. Names that
 * were taken from it, by another server on purpose or by an operator, it gives up until it is started again.
 */
export class Registration implements AsyncDisposable {
  readonly #options: RegistrationOptions;
  readonly #client: ObjectClient;
  readonly #names: RemoteObject<NameServerMethods>;
  /** Fulfils once the name server was asked for all names: they are registered, refused, or it does not answer. */
  readonly firstAnswer: Promise<void>;
  #leases: readonly LeasedNames[] = [];
  #wasRegistered = false;

  private constructor(options: RegistrationOptions) {
    this.#options = options;
    const { nameServer, transport, clock, onBehalfOf } = options;
    this.#client = connectOver(transport, nameServer, {
      ...{ clock, timeoutMs: requestTimeoutMs },
      principal: 'nameserver',
    });
    this.#names = this.#client.proxy<NameServerMethods>(
      nameServerObject,
      onBehalfOf === undefined ? {} : { onBehalfOf },
    );
    // Even without names there is one lease: it shows whether the name server responds.
    const claims = options.claims.length === 0 ? [[]] : inGroups(options.claims);
    this.#leases = claims.map((each) => this.#lease(each));
    this.firstAnswer = Promise.all(this.#leases.map((lease) => lease.firstAnswer)).then(() => undefined);
  }

  /** Starts to register, and to keep what is registered. The name server need not be up yet. */
  static start(options: RegistrationOptions): Registration {
    return new Registration(options);
  }

  /** Whether the names are registered, and the name server answered when it was last asked. */
  get registered(): boolean {
    return this.#leases.every(({ registered }) => registered);
  }

  /** Why the name server last refused names that are not registered; undefined if it did not. */
  get refusal(): RpcError | undefined {
    return this.#leases.find(({ refusal }) => refusal !== undefined)?.refusal;
  }

  /**
   * Claims further names, and stops claiming others; the rest stays registered throughout. Fulfils once the name server
   * was asked, whatever it answered; what failed is retried as at the start.
   */
  async change({
    add = [],
    remove = [],
  }: {
    readonly add?: readonly NameClaim[];
    readonly remove?: readonly string[];
  }): Promise<void> {
    // One after the other: a new name that is refused must not keep an old one registered.
    if (remove.length > 0) {
      await Promise.all(this.#leases.map((lease) => lease.release(remove)));
    }
    let left = add;
    const changes: Promise<void>[] = [];
    for (const lease of this.#leases) {
      const some = left.slice(0, maxClaims - lease.claims.length);
      if (some.length > 0) {
        changes.push(lease.claim([...lease.claims, ...some]));
        left = left.slice(some.length);
      }
    }
    const added = inGroups(left).map((claims) => this.#lease(claims));
    this.#leases = [...this.#leases, ...added];
    await Promise.all([...changes, ...added.map((lease) => lease.claim(lease.claims))]);
  }

  /** Unregisters the names. A name server that cannot be reached drops them when their leases expire. */
  async close(): Promise<void> {
    await Promise.all(this.#leases.map((lease) => lease.close()));
    await this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
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

/** Splits claims into as many as the name server accepts at once. */
function inGroups(claims: readonly NameClaim[]): readonly (readonly NameClaim[])[] {
  return claims.length === 0 ? [] : [claims.slice(0, maxClaims), ...inGroups(claims.slice(maxClaims))];
}
