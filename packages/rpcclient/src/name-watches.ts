import {
  backoffMs,
  type Clock,
  coreError,
  isRpcError,
  type Log,
  type NameEvent,
  type NameRecord,
  type NameServerMethods,
  PeriodicTask,
  versionsOf,
} from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/session/client';

import type { Endpoints } from './endpoints.js';

/** Why a name is watched no more: it has no server that can be called from here. */
const gone = ['OBJECT_NOT_FOUND', 'ENDPOINT_LOCAL', 'ENDPOINT_UNTRUSTED'] as const;

/** The names that a resolver knows, for what watches them. */
export interface KnownNames {
  readonly names: RemoteObject<NameServerMethods>;
  readonly clock: Clock;
  readonly log: Log;
  readonly get: (object: string) => Endpoints | undefined;
  readonly store: (object: string, record: NameRecord) => Endpoints;
  readonly forget: (object: string) => void;
  /** Decides how the servers of a record are dialled. @throws RpcError `ENDPOINT_LOCAL`, `ENDPOINT_UNTRUSTED` */
  readonly prepare: (record: NameRecord) => Promise<NameRecord>;
  /** Returns a prepared record. @throws RpcError `OBJECT_NOT_FOUND`, `NAMESERVER_UNAVAILABLE`, `ENDPOINT_LOCAL` */
  readonly lookUp: (object: string) => Promise<NameRecord>;
}

/** The time limit of asking for the registry's revision, in milliseconds: it is one round trip. */
const infoTimeoutMs = 10_000;

/** How long to wait before an interrupted watch is resumed. */
const watchRetry = { firstMs: 250, maxMs: 5_000, jitter: true };

/** How many names are watched at once; any others are looked up again when a call to their server fails. */
const maxWatches = 256;

/** Watches names for changes, and applies these to the endpoints that a resolver knows. */
export class NameWatches {
  readonly #known: KnownNames;
  readonly #watches = new Map<string, PeriodicTask>();

  constructor(known: KnownNames) {
    this.#known = known;
  }

  /** Reports whether a name is watched. */
  has(object: string): boolean {
    return this.#watches.has(object);
  }

  /** Watches a name for what changed after a revision, unless it is watched already or there are too many. */
  start(object: string, fromRevision: number): void {
    if (this.#watches.has(object) || this.#watches.size >= maxWatches) {
      return;
    }
    const { clock, log } = this.#known;
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
          if (isRpcError(error, ...gone)) {
            this.#forget(object);
            return undefined;
          }
          log.debug('the watch of a name was interrupted', { object, error });
          return backoffMs(watchRetry, failures);
        },
      }),
    );
  }

  /** Stops watching. */
  close(): void {
    for (const watch of this.#watches.values()) {
      void watch.close();
    }
    this.#watches.clear();
  }

  /** Forgets a name that is gone; the next call looks it up and watches it anew. */
  #forget(object: string): void {
    this.#known.forget(object);
    void this.#watches.get(object)?.close();
    this.#watches.delete(object);
  }

  /** Watches a name until it is gone, or the watch is interrupted. @throws RpcError of a watch that reported nothing */
  async #watch(object: string, fromRevision: number, signal: AbortSignal): Promise<void> {
    const { names, log } = this.#known;
    const events = names.with({ timeoutMs: 'none', signal }).watch({ prefix: object, fromRevision });
    let reported = false;
    try {
      for await (const event of events) {
        reported = true;
        const record = event.type === 'removed' ? event.record : await this.#known.prepare(event.record);
        const effect = this.#apply(object, { ...event, record });
        if (effect === 'gone') {
          this.#forget(object);
          return;
        }
        if (effect === 'outranked') {
          // Looked up, as the event may be old, of a newer version that is gone again.
          this.#known.store(object, await this.#known.lookUp(object));
        }
      }
    } catch (error) {
      if (!reported || isRpcError(error, ...gone)) {
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
    const { revision } = await this.#known.names.with({ timeoutMs: infoTimeoutMs }).info();
    this.#known.store(object, await this.#known.lookUp(object));
    return revision;
  }

  /** Applies an event to the known endpoints of a name, and returns its effect. */
  #apply(object: string, { type, record }: NameEvent): 'current' | 'outranked' | 'gone' {
    const known = this.#known.get(object);
    if (known === undefined) {
      return 'gone';
    }
    if (record.name !== known.name) {
      // The watch is by prefix, so that it includes versions, and longer names with the same beginning.
      return type !== 'removed' && outranks(record.name, known.name, object) ? 'outranked' : 'current';
    }
    if (record.shared !== true || !known.shared) {
      if (type === 'removed') {
        return 'gone';
      }
      this.#known.store(object, record);
      return 'current';
    }
    // An event of a shared name carries the one endpoint that was added, changed or removed.
    for (const endpoint of record.endpoints) {
      if (type === 'removed') {
        known.remove(endpoint);
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
