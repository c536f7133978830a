import {
  backoffMs,
  type Clock,
  coreError,
  isRpcError,
  type Log,
  type NameEvent,
  type NameRecord,
  nameServerFailure,
  type NameServerMethods,
  nameServerObject,
  PeriodicTask,
  versionsOf,
} from '@patchbay/objects';
import { type RemoteObject, type Router } from '@patchbay/session/client';

import { Endpoints } from './endpoints.js';

/** Configures a resolver. */
export interface ResolverOptions {
  /** The name server's address, to which the object `nameserver` itself resolves. */
  readonly address: string;
  readonly names: RemoteObject<NameServerMethods>;
  /** Whether to watch the names in use. */
  readonly watch: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** The time limit of a lookup, in milliseconds: it is one round trip. */
const lookupTimeoutMs = 10_000;

/** How long to wait before an interrupted watch is resumed. */
const watchRetry = { firstMs: 250, maxMs: 5_000, jitter: true };

/** How many names are watched at once; any others are looked up again when a call to their server fails. */
const maxWatches = 256;

/**
 * Resolves names to addresses: looks each up once, and then watches it for changes. For a name that several servers
 * share it returns their addresses in turn.
 */
export class Resolver implements Router {
  readonly #options: ResolverOptions;
  readonly #endpoints = new Map<string, Endpoints>();
  readonly #lookups = new Map<string, Promise<Endpoints>>();
  readonly #watches = new Map<string, PeriodicTask>();
  #closed = false;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  route(object: string): string | Promise<string> {
    if (object === nameServerObject) {
      return this.#options.address;
    }
    return this.#endpoints.get(object)?.next() ?? this.#resolve(object);
  }

  forget(object: string, address: string): void {
    this.#endpoints.get(object)?.skip(address);
  }

  elsewhere(object: string): string | undefined {
    return this.#endpoints.get(object)?.next();
  }

  /** Takes over a current record of a name that is not watched, which saves its lookup. */
  take(record: NameRecord): void {
    if (!this.#watches.has(record.name)) {
      this.#store(record.name, record);
    }
  }

  /** Stops watching names. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) {
      void watch.close();
    }
    this.#watches.clear();
  }

  async #resolve(object: string): Promise<string> {
    let lookup = this.#lookups.get(object);
    if (lookup === undefined) {
      lookup = this.#find(object).finally(() => {
        this.#lookups.delete(object);
      });
      this.#lookups.set(object, lookup);
    }
    const endpoints = await lookup;
    let address = endpoints.next();
    if (address === undefined) {
      // Other callers of the same lookup have tried them all in the meantime, without success.
      endpoints.skipNone();
      address = endpoints.next();
    }
    if (address === undefined) {
      throw coreError('OBJECT_NOT_FOUND', `the last server of "${object}" has just unregistered it`, {
        details: { name: object },
      });
    }
    return address;
  }

  async #find(object: string): Promise<Endpoints> {
    try {
      const record = await this.#lookUp(object);
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
    const { watch, clock, log } = this.#options;
    if (!watch || this.#closed || this.#watches.has(object) || this.#watches.size >= maxWatches) {
      return;
    }
    let from: number | undefined = fromRevision;
    this.#watches.set(
      object,
      PeriodicTask.start({
        clock,
        background: true,
        run: async (signal) => {
          const revision = from ?? (await this.#catchUp(object));
          from = undefined;
          await this.#watch(object, revision, signal);
          return backoffMs(watchRetry, 1);
        },
        onFailure: (error, failures) => {
          if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
            this.#forgetName(object);
            return undefined;
          }
          log.debug('the watch of a name was interrupted', { object, error });
          return backoffMs(watchRetry, failures);
        },
      }),
    );
  }

  /** Forgets a name that is gone; the next call looks it up and watches it anew. */
  #forgetName(object: string): void {
    this.#endpoints.delete(object);
    void this.#watches.get(object)?.close();
    this.#watches.delete(object);
  }

  /** Watches a name until it is gone, or the watch is interrupted. @throws RpcError of a watch that reported nothing */
  async #watch(object: string, fromRevision: number, signal: AbortSignal): Promise<void> {
    const { names, log } = this.#options;
    const events = names.with({ timeoutMs: 'none', signal }).watch({ prefix: object, fromRevision });
    let reported = false;
    try {
      for await (const event of events) {
        reported = true;
        const effect = this.#apply(object, event);
        if (effect === 'gone') {
          this.#forgetName(object);
          return;
        }
        if (effect === 'outranked') {
          // Looked up, as the event may be old, of a newer version that is gone again.
          this.#store(object, await this.#lookUp(object));
        }
      }
    } catch (error) {
      if (!reported || isRpcError(error, 'OBJECT_NOT_FOUND')) {
        throw error;
      }
      log.debug('the watch of a name was interrupted', { object, error });
      return;
    }
    if (!reported) {
      throw coreError('CONNECTION_LOST', 'the watch ended');
    }
  }

  /**
   * Looks a name up after its watch was interrupted, and returns the revision from which to resume: the registry's own
   * from before the lookup, as the name's may be older than the history that is kept, or of a registry that was lost.
   * If the lookup fails, the last known endpoints stay.
   */
  async #catchUp(object: string): Promise<number> {
    const { revision } = await this.#options.names.with({ timeoutMs: lookupTimeoutMs }).info();
    this.#store(object, await this.#lookUp(object));
    return revision;
  }

  /** Applies an event to the known endpoints of a name, and returns its effect. */
  #apply(object: string, { type, record }: NameEvent): 'current' | 'outranked' | 'gone' {
    const known = this.#endpoints.get(object);
    if (known === undefined) {
      return 'gone';
    }
    if (record.name !== known.name) {
      // The watch is by prefix, so that it includes versions, and longer names with the same beginning.
      return type !== 'removed' && outranks(record.name, known.name, object) ? 'outranked' : 'current';
    }
    if (record.shared !== true || !known.shared) {
      if (type !== 'removed') {
        this.#store(object, record);
      }
      return type === 'removed' ? 'gone' : 'current';
    }
    // An event of a shared name carries the one endpoint that was added, changed or removed.
    for (const endpoint of record.endpoints) {
      if (type === 'removed') {
        known.remove(endpoint.serverId);
      } else {
        known.put(endpoint);
      }
    }
    return known.empty ? 'gone' : 'current';
  }
}

/** Reports whether a bare name resolves to `name` rather than to `other`: it is the name itself, or a newer version. */
function outranks(name: string, other: string, object: string): boolean {
  return name === object || (other !== object && versionsOf(object, [name, other])[0] === name);
}
