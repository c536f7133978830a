import {
  type Clock,
  coreError,
  isRpcError,
  type Log,
  type NameRecord,
  nameServerFailure,
  type NameServerMethods,
  isOfNameServer,
  quoted,
  type RpcError,
} from '@patchbay/objects';
import { type Destination, destination, type RemoteObject, type Router } from '@patchbay/session/client';

import { Endpoints } from './endpoints.js';
import type { NameWatches } from './name-watches.js';

interface ResolverOptions {
  /** The name server's address, to which the objects `nameserver` and `identity` resolve. */
  readonly address: string;
  readonly names: RemoteObject<NameServerMethods>;
  /** Whether to watch the names in use. */
  readonly watch: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** The time limit of a lookup, in milliseconds: it is one round trip. */
const lookupTimeoutMs = 10_000;

/**
 * Resolves names to addresses: looks each up once, and then watches it for changes. For a name that several servers
 * share it returns their addresses in turn.
 */
export class Resolver implements Router {
  readonly #options: ResolverOptions;
  readonly #nameServer: Destination;
  readonly #endpoints = new Map<string, Endpoints>();
  readonly #lookups = new Map<string, Promise<Endpoints>>();
  #watches: NameWatches | undefined;
  #loading: Promise<NameWatches> | undefined;
  #closed = false;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#nameServer = destination(options.address, 'nameserver');
  }

  /** The name server's address. */
  get address(): string {
    return this.#options.address;
  }

  get names(): RemoteObject<NameServerMethods> {
    return this.#options.names;
  }

  route(object: string): Destination | Promise<Destination> {
    if (isOfNameServer(object)) {
      return this.#nameServer;
    }
    return this.#endpoints.get(object)?.next() ?? this.#resolve(object);
  }

  forget(object: string, from: Destination): void {
    this.#endpoints.get(object)?.skip(from);
  }

  elsewhere(object: string): Destination | undefined {
    return this.#endpoints.get(object)?.next();
  }

  waitsFor(object: string): string {
    return `the name server at ${this.#options.address} has not answered where ${quoted(object)} is`;
  }

  async explain(object: string, at: Destination, error: RpcError): Promise<RpcError> {
    const serverId = this.#endpoints.get(object)?.serverAt(at);
    if (serverId === undefined) {
      return error;
    }
    const server = { object, address: at.address, serverId, nameServer: this.#options.address, error };
    // On demand: a call that succeeds does without.
    return import('./unreachable.js')
      .then(({ explainUnreachable }) => explainUnreachable(server))
      .catch(() => error);
  }

  /** Takes over a current record of a name that is not watched, which saves its lookup. */
  async take(record: NameRecord): Promise<void> {
    if (this.#watches?.has(record.name) !== true) {
      // One that cannot be reached from here is an error of the call alone.
      await this.#prepare(record).then(
        (prepared) => this.#store(record.name, prepared),
        () => undefined,
      );
    }
  }

  /** Stops watching names. */
  close(): void {
    this.#closed = true;
    this.#watches?.close();
  }

  async #resolve(object: string): Promise<Destination> {
    let lookup = this.#lookups.get(object);
    if (lookup === undefined) {
      lookup = this.#find(object).finally(() => {
        this.#lookups.delete(object);
      });
      this.#lookups.set(object, lookup);
    }
    const endpoints = await lookup;
    let found = endpoints.next();
    if (found === undefined) {
      // Other callers of the same lookup have tried them all in the meantime, without success.
      endpoints.skipNone();
      found = endpoints.next();
    }
    if (found === undefined) {
      throw coreError('OBJECT_NOT_FOUND', `the last server of "${object}" has just unregistered it`, {
        details: { name: object },
      });
    }
    return found;
  }

  async #find(object: string): Promise<Endpoints> {
    try {
      const record = await this.#prepare(await this.#lookUp(object));
      const endpoints = this.#store(object, record);
      this.#startWatch(object, record.revision);
      return endpoints;
    } catch (error) {
      // While no name server answers, the last known servers are the best guess, even if they were unreachable.
      const known = this.#endpoints.get(object);
      if (known === undefined || !isRpcError(error, 'NAMESERVER_UNAVAILABLE')) {
        throw error;
      }
      known.skipNone();
      return known;
    }
  }

  /** Decides once for a record how its servers are dialled from here. @throws RpcError `ENDPOINT_LOCAL`, `ENDPOINT_UNTRUSTED` */
  async #prepare(record: NameRecord): Promise<NameRecord> {
    if (
      record.endpoints.every(({ machine, address }) => machine === undefined && !address.startsWith('unix:'))
    ) {
      return record;
    }
    // On demand: only servers with socket files need it.
    const { withOwnSockets } = await import('./own-sockets.js');
    return withOwnSockets(record);
  }

  #store(object: string, record: NameRecord): Endpoints {
    const endpoints = new Endpoints(record, this.#options.clock);
    this.#endpoints.set(object, endpoints);
    return endpoints;
  }

  async #lookUp(object: string): Promise<NameRecord> {
    const { address, names } = this.#options;
    try {
      return await names.with({ timeoutMs: lookupTimeoutMs }).lookup(object);
    } catch (error) {
      if (this.#closed) {
        throw coreError('CONNECTION_LOST', 'the client was closed', { cause: error });
      }
      throw nameServerFailure(error, address);
    }
  }

  #startWatch(object: string, fromRevision: number): void {
    if (!this.#options.watch || this.#closed) {
      return;
    }
    // On demand: a command of one call does without.
    this.#loading ??= import('./name-watches.js').then(({ NameWatches }) => {
      this.#watches = new NameWatches({
        ...this.#options,
        get: (name) => this.#endpoints.get(name),
        store: (name, record) => this.#store(name, record),
        forget: (name) => this.#endpoints.delete(name),
        lookUp: async (name) => this.#prepare(await this.#lookUp(name)),
        prepare: (record) => this.#prepare(record),
      });
      return this.#watches;
    });
    void this.#loading.then((watches) => {
      if (!this.#closed) {
        watches.start(object, fromRevision);
      }
    });
  }
}
