import {
  type Clock,
  coreError,
  isRpcError,
  type Log,
  type NameRecord,
  nameServerFailure,
  type NameServerMethods,
  nameServerObject,
} from '@patchbay/core';
import { type RemoteObject, type Router } from '@patchbay/core/wire';

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

/** How long to wait before a broken watch begins again, in milliseconds; each time up to twice as long. */
const watchAgainMs = { first: 250, last: 5_000 };

/** Turns names into addresses: asks the name server once for each, and then follows what becomes of it. */
export class Resolver implements Router {
  readonly #options: ResolverOptions;
  readonly #known = new Map<string, string>();
  readonly #asking = new Map<string, Promise<string>>();
  readonly #watches = new Map<string, AbortController>();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  route(object: string): string | Promise<string> {
    if (object === nameServerObject) {
      return this.#options.address;
    }
    return this.#known.get(object) ?? this.#asking.get(object) ?? this.#ask(object);
  }

  forget(object: string, address: string): void {
    if (this.#known.get(object) === address) {
      this.#known.delete(object);
    }
  }

  /** Stops to follow names. */
  close(): void {
    for (const watch of this.#watches.values()) {
      watch.abort();
    }
    this.#watches.clear();
  }

  #ask(object: string): Promise<string> {
    const asking = this.#lookUp(object)
      .then((record) => {
        const address = addressOf(record);
        this.#known.set(object, address);
        if (this.#options.watch && !this.#watches.has(object)) {
          this.#follow(object, record.revision);
        }
        return address;
      })
      .finally(() => {
        this.#asking.delete(object);
      });
    this.#asking.set(object, asking);
    return asking;
  }

  async #lookUp(object: string): Promise<NameRecord> {
    try {
      return await this.#options.names.with({ timeoutMs: lookupTimeoutMs }).lookup(object);
    } catch (error) {
      throw nameServerFailure(error, this.#options.address);
    }
  }

  #follow(object: string, fromRevision: number): void {
    const abort = new AbortController();
    this.#watches.set(object, abort);
    this.#watch(object, fromRevision, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) {
        this.#options.log.error('following a name failed unexpectedly', { object, error });
      }
    });
  }

  async #watch(object: string, fromRevision: number, signal: AbortSignal): Promise<void> {
    let revision = fromRevision;
    let pauseMs = watchAgainMs.first;
    for (;;) {
      try {
        const call = this.#options.names
          .with({ timeoutMs: 'none', signal })
          .watch({ prefix: object, fromRevision: revision });
        for await (const event of call) {
          revision = event.revision;
          pauseMs = watchAgainMs.first;
          this.#note(object, event.type === 'removed' ? undefined : event.record, event.record.name);
        }
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        this.#options.log.debug('the watch of a name broke off', { object, error });
      }
      await this.#options.clock.sleep(pauseMs * (0.5 + Math.random()), { signal, background: true });
      pauseMs = Math.min(2 * pauseMs, watchAgainMs.last);
      const refreshed = await this.#refresh(object);
      if (refreshed === 'gone') {
        this.#watches.delete(object);
        return;
      }
      revision = refreshed ?? revision;
    }
  }

  /** Looks a followed name up again after its watch broke; what was known stays while nobody can say otherwise. */
  async #refresh(object: string): Promise<number | 'gone' | undefined> {
    try {
      const record = await this.#lookUp(object);
      this.#note(object, record, object);
      return record.revision;
    } catch (error) {
      if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
        this.#known.delete(object);
        return 'gone';
      }
      return undefined;
    }
  }

  #note(object: string, record: NameRecord | undefined, name: string): void {
    if (name !== object) {
      return; // the watch is by prefix: a longer name that begins alike
    }
    if (record === undefined) {
      this.#known.delete(object);
    } else {
      this.#known.set(object, addressOf(record));
    }
  }
}

function addressOf(record: NameRecord): string {
  const [endpoint] = record.endpoints;
  if (endpoint === undefined) {
    throw coreError('MESSAGE_MALFORMED', `the name server gave no address for "${record.name}"`);
  }
  return endpoint.address;
}
