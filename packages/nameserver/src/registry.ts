import {
  type Clock,
  type Lease,
  type ListOptions,
  type MetadataChanges,
  type NameClaim,
  type NameEvent,
  type NamePage,
  type NameRecord,
  type NameServerInfo,
  parseObjectName,
  quoted,
} from '@patchbay/objects';
import { type Entry, type Store, storeError } from '@patchbay/store';

import { upgradeLayout } from './layout.js';
import { listNames } from './list-names.js';
import { changeMetadata } from './metadata.js';
import { nameEvents } from './name-events.js';
import { lostNames, noticeOfLoss } from './lost-names.js';
import { entriesOf } from './name-entries.js';
import { notFound, versionsIn } from './near-names.js';
import { keyOfName, recordOf, storedIn, type StoredName, valueOfName } from './name-record.js';
import { deleteName, putName } from './name-writes.js';
import { Registrar } from './registrar.js';

/** What a registry works on. */
export interface RegistryOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** What `info` answers. */
  readonly version: string;
}

/**
 * The registry of names: what the name server does, over a store and a clock. It keeps nothing in memory, so that
 * what has been answered is on disk and a name server that restarts has forgotten nothing.
 */
export class Registry {
  readonly #store: Store;
  readonly #registrar: Registrar;
  readonly #version: string;
  readonly #startedAt: string;

  private constructor(options: RegistryOptions) {
    this.#store = options.store;
    this.#registrar = new Registrar(options.store, options.clock);
    this.#version = options.version;
    this.#startedAt = new Date(options.clock.now()).toISOString();
  }

  /** Opens the registry in a store; one that an earlier version wrote gets its index now. @throws RpcError `STORE_VERSION_NEWER` */
  static async open(options: RegistryOptions): Promise<Registry> {
    await upgradeLayout(options.store);
    return new Registry(options);
  }

  /**
   * Takes all of the names, or none, for one server under one new lease of `ttlMs` (default 10 s). Names of the same
   * server's former lease move over at once, and that lease ends when it has no more of them.
   *
   * @throws RpcError `NAME_TAKEN`, `NAME_INVALID`, `NAME_RESERVED`, `NAME_REPEATED`, `SERVER_ID_INVALID`,
   *   `ADDRESS_INVALID`, `TTL_OUT_OF_RANGE`, `METADATA_INVALID`
   */
  register(
    serverId: string,
    address: string,
    claims: readonly NameClaim[],
    options: { readonly ttlMs?: number | undefined } = {},
  ): Promise<Lease> {
    return this.#registrar.register({ serverId, address, claims }, options.ttlMs);
  }

  /** Starts a lease's time anew, and tells which names it has lost; writes nothing. @throws RpcError `LEASE_NOT_FOUND` */
  async keepAlive(leaseId: string): Promise<Lease> {
    const kept = await this.#store.keepAlive(leaseId);
    if (kept === undefined) {
      throw storeError('LEASE_NOT_FOUND', `the lease ${quoted(leaseId)} has ended; register again`, {
        details: { leaseId },
      });
    }
    const lost = await lostNames(this.#store, leaseId);
    return { ...kept, revision: await this.#store.revision(), ...(lost.length === 0 ? {} : { lost }) };
  }

  /** Ends a lease and every name on it; fine when it has already ended. */
  unregister(leaseId: string): Promise<void> {
    return this.#store.revokeLease(leaseId);
  }

  /**
   * Removes one name from all who have it; says whether it was there. Their leases stay and tell them, so that they do
   * not register it again.
   */
  async remove(name: string): Promise<boolean> {
    parseObjectName(name);
    for (;;) {
      const entries = await entriesOf(this.#store, name);
      if (entries.length === 0) {
        return false;
      }
      const { committed } = await this.#store.commit(
        entries.map(({ key, modRevision }) => ({ key, modRevision })),
        entries.flatMap((entry) => [...deleteName(entry), ...noticeOfLoss(entry)]),
      );
      if (committed) {
        return true;
      }
    }
  }

  /** Sets (a text) or removes (null) words of a name's metadata. @throws RpcError `OBJECT_NOT_FOUND`, `METADATA_INVALID` */
  async setMetadata(name: string, changes: MetadataChanges): Promise<NameRecord> {
    for (;;) {
      const entries = await this.#find(name);
      const changed = entries.map((entry) => ({ before: entry, stored: withChanges(entry, changes) }));
      const { committed, revision } = await this.#store.commit(
        entries.map(({ key, modRevision }) => ({ key, modRevision })),
        changed.flatMap(({ before, stored }) =>
          putName(before.key, stored, { before, leaseId: before.leaseId }),
        ),
      );
      if (committed) {
        const [first, ...others] = changed.map(({ before, stored }) => ({
          ...before,
          value: valueOfName(stored),
          modRevision: revision,
        }));
        return recordOf(first ?? entries[0], ...others);
      }
    }
  }

  /**
   * Gives a name's record; of a bare name that is not registered itself, that of its newest version, such as that of
   * `storage/v2` for `storage`. @throws RpcError `OBJECT_NOT_FOUND`, `NAME_INVALID`
   */
  async lookup(name: string): Promise<NameRecord> {
    const [first, ...others] = await entriesOf(this.#store, parseObjectName(name));
    if (first !== undefined) {
      return recordOf(first, ...others);
    }
    const [newest] = await versionsIn(this.#store, name);
    return recordOf(...(await this.#find(newest ?? name)));
  }

  /** Gives a page of the names that all of the options allow. @throws RpcError `LIMIT_OUT_OF_RANGE`, `PATTERN_INVALID` */
  list(options: ListOptions = {}, signal?: AbortSignal): Promise<NamePage> {
    return listNames(this.#store, options, signal);
  }

  /**
   * Yields changes of the names that begin with a prefix, beginning after `fromRevision` (default: the revision at the
   * call), until the signal aborts. @throws RpcError `REVISION_COMPACTED`
   */
  watch(options: {
    readonly prefix?: string | undefined;
    readonly fromRevision?: number | undefined;
    readonly signal: AbortSignal;
  }): AsyncGenerator<NameEvent, void, undefined> {
    const { prefix = '', fromRevision, signal } = options;
    return nameEvents(this.#store.watch({ prefix: keyOfName(prefix), fromRevision, signal }), prefix);
  }

  /** Tells of the registry as a whole. */
  async info(): Promise<NameServerInfo> {
    const [names, leases, revision] = await Promise.all([
      this.#store.count(keyOfName('')),
      this.#store.leases(),
      this.#store.revision(),
    ]);
    return { version: this.#version, startedAt: this.#startedAt, names, leases: leases.length, revision };
  }

  /** Ends the leases whose time has passed, so that watchers see their names go; says how many. */
  sweep(): Promise<number> {
    return this.#store.sweep();
  }

  /** Forgets the history but for the last `keepRevisions` revisions. */
  async compact(keepRevisions: number): Promise<void> {
    const revision = await this.#store.revision();
    if (revision > keepRevisions) {
      await this.#store.compact(revision - keepRevisions);
    }
  }

  async #find(name: string): Promise<readonly [Entry, ...Entry[]]> {
    const [first, ...others] = await entriesOf(this.#store, parseObjectName(name));
    if (first === undefined) {
      throw await notFound(this.#store, name);
    }
    return [first, ...others];
  }
}

function withChanges(entry: Entry, changes: MetadataChanges): StoredName {
  const stored = storedIn(entry);
  return { ...stored, metadata: changeMetadata(stored.metadata, changes) };
}
