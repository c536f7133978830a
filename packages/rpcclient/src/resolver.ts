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

/** What a resolver needs. */
export interface ResolverOptions {
  /** The name server's address, for the object `nameserver` itself and for messages. */
  readonly address: string;
  readonly names: RemoteObject<NameServerMethods>;
  /** Whether to follow the names in use. */
  readonly watch: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a lookup may take, in milliseconds: it is one round trip. */
const lookupTimeoutMs = 10_000;

/** How long to wait before a broken watch begins again. */
const watchRetry = { firstMs: 250, maxMs: 5_000, jitter: true };

/** How many names are followed at once; those beyond are looked up again when a call to their server fails. */
const maxFollowed = 256;

/**
 * Turns names into addresses: asks the name server once for each, and then follows what becomes of it. Of a name that
 * several servers share it gives their addresses in turn.
 */
export class Resolver implements Router {
  readonly #options: ResolverOptions;
  readonly #known = new Map<string, Endpoints>();
  readonly #asking = new Map<string, Promise<Endpoints>>();
  readonly #watches = new Map<string, PeriodicTask>();
  #closed = false;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  route(object: string): string | Promise<string> {
    if (object === nameServerObject) {
      return this.#options.address;
    }
    return this.#known.get(object)?.next() ?? this.#ask(object);
  }

  forget(object: string, address: string): void {
    this.#known.get(object)?.rest(address);
  }

  elsewhere(object: string): string | undefined {
    return this.#known.get(object)?.next();
  }

  /** Takes what the name server just said of a name that is not followed, instead of asking when it is called. */
  take(record: NameRecord): void {
    if (!this.#watches.has(record.name)) {
      this.#learn(record.name, record);
    }
  }

  /** Stops to follow names. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) {
      void watch.close();
    }
    this.#watches.clear();
  }

  async #ask(object: string): Promise<string> {
    let asking = this.#asking.get(object);
    if (asking === undefined) {
      asking = this.#find(object).finally(() => {
        this.#asking.delete(object);
      });
      this.#asking.set(object, asking);
    }
    const endpoints = await asking;
    let address = endpoints.next();
    if (address === undefined) {
      // Others who asked with this one have been there already, and found nobody.
      endpoints.wake();
      address = endpoints.next();
    }
    if (address === undefined) {
      throw coreError('OBJECT_NOT_FOUND', `the last server of "${object}" has just left`, {
        details: { name: object },
      });
    }
    return address;
  }

  async #find(object: string): Promise<Endpoints> {
    try {
      const record = await this.#lookUp(object);
      const endpoints = this.#learn(object, record);
      this.#follow(object, record.revision);
      return endpoints;
    } catch (error) {
      // What was known and could not be reached is still the best guess while no name server answers.
      const known = this.#known.get(object);
      if (known === undefined || !isRpcError(error, 'NAMESERVER_UNAVAILABLE')) {
        throw error;
      }
      known.wake();
      return known;
    }
  }

  #learn(object: string, record: NameRecord): Endpoints {
    const endpoints = new Endpoints(record, this.#options.clock);
    this.#known.set(object, endpoints);
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

  #follow(object: string, fromRevision: number): void {
    const { watch, clock, log } = this.#options;
    if (!watch || this.#closed || this.#watches.has(object) || this.#watches.size >= maxFollowed) {
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
            this.#unfollow(object);
            return undefined;
          }
          log.debug('the watch of a name broke', { object, error });
          return backoffMs(watchRetry, failures);
        },
      }),
    );
  }

  /** Forgets a name that is gone; when it is called again it is looked up and followed anew. */
  #unfollow(object: string): void {
    this.#known.delete(object);
    void this.#watches.get(object)?.close();
    this.#watches.delete(object);
  }

  /** Follows a name until it is gone, or its watch breaks. @throws what broke a watch that reported nothing */
  async #watch(object: string, fromRevision: number, signal: AbortSignal): Promise<void> {
    const { names, log } = this.#options;
    const events = names.with({ timeoutMs: 'none', signal }).watch({ prefix: object, fromRevision });
    let reported = false;
    try {
      for await (const event of events) {
        reported = true;
        const standing = this.#note(object, event);
        if (standing === 'gone') {
          this.#unfollow(object);
          return;
        }
        if (standing === 'outranked') {
          // Asked, as the event may be of long ago: a newer version that is gone again.
          this.#learn(object, await this.#lookUp(object));
        }
      }
    } catch (error) {
      if (!reported || isRpcError(error, 'OBJECT_NOT_FOUND')) {
        throw error;
      }
      log.debug('the watch of a name broke', { object, error });
      return;
    }
    if (!reported) {
      throw coreError('CONNECTION_LOST', 'the watch ended');
    }
  }

  /**
   * Looks a followed name up after its watch broke, and gives a revision to watch on from: the registry's own from
   * before the lookup, as the name's may be older than the history that is kept, or of a registry that was lost. What
   * was known stays while nobody can say otherwise.
   */
  async #catchUp(object: string): Promise<number> {
    const { revision } = await this.#options.names.with({ timeoutMs: lookupTimeoutMs }).info();
    this.#learn(object, await this.#lookUp(object));
    return revision;
  }

  /** Takes note of what became of a name, and says what it means for what is known of it. */
  #note(object: string, { type, record }: NameEvent): 'stands' | 'outranked' | 'gone' {
    const known = this.#known.get(object);
    if (known === undefined) {
      return 'gone';
    }
    if (record.name !== known.name) {
      // The watch is by prefix: it tells also of versions, and of longer names that begin alike.
      return type !== 'removed' && outranks(record.name, known.name, object) ? 'outranked' : 'stands';
    }
    if (record.shared !== true || !known.shared) {
      if (type !== 'removed') {
        this.#learn(object, record);
      }
      return type === 'removed' ? 'gone' : 'stands';
    }
    // An event of a shared name tells of the one endpoint that came, changed or went.
    for (const endpoint of record.endpoints) {
      if (type === 'removed') {
        known.remove(endpoint.serverId);
      } else {
        known.put(endpoint);
      }
    }
    return known.empty ? 'gone' : 'stands';
  }
}

/** Says whether a name is what a bare name stands for rather than another one: it is the name itself, or a newer version. */
function outranks(name: string, other: string, object: string): boolean {
  return name === object || (other !== object && versionsOf(object, [name, other])[0] === name);
}
