import {
  type Clock,
  isRpcError,
  type Lease,
  type ListOptions,
  type MetadataChanges,
  type NameClaim,
  type NameEvent,
  type NamePage,
  type NameRecord,
  type NameServerInfo,
  noSuchName,
  parseObjectName,
  quoted,
  suggest,
  versionedNameIn,
  versionsOf,
} from '@patchbay/objects';
import { type Change, type Entry, openMirror, type Store, storeError } from '@patchbay/store';

import { KnownEntries, unchanged } from './grant.js';
import { convertLayout } from './layout.js';
import { listNames } from './list-names.js';
import { lostNames } from './lost-names.js';
import { changeMetadata } from './metadata.js';
import { MetadataIndex } from './metadata-index.js';
import { entriesOf, keyOfName, keyOfShare, nameOf, recordOf, storedIn, valueOfName } from './name-record.js';
import { maxOperations, Registrar } from './registrar.js';

/** How many names that begin alike are looked at for what a mistyped one may have meant. */
const nearLimit = 100;

/** What a registry needs. */
export interface RegistryOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** What `info` answers. */
  readonly version: string;
  /** Returns why the store cannot be written. Default: it can. */
  readonly problem?: (() => string | undefined) | undefined;
}

/**
 * The registry of names, in a store. What it answers is on disk, so that a name server that restarts has forgotten
 * nothing; it reads from a mirror of the store in memory, with an index of metadata.
 */
export class Registry {
  readonly #store;
  readonly #registrar;
  readonly #index;
  readonly #about;
  readonly #problem;

  private constructor(
    { store, clock, version, problem = () => undefined }: RegistryOptions,
    index: MetadataIndex,
  ) {
    this.#store = store;
    this.#registrar = new Registrar(store, clock);
    this.#index = index;
    this.#problem = problem;
    this.#about = { version, startedAt: new Date(clock.now()).toISOString() };
  }

  /**
   * Opens the registry in a store, for as long as that is open, and converts what an earlier version wrote to this
   * one's layout. @throws RpcError `STORE_VERSION_NEWER`
   */
  static async open(options: RegistryOptions): Promise<Registry> {
    await convertLayout(options.store);
    const index = new MetadataIndex();
    const store = await openMirror(options.store, {
      observe: (before, after) => {
        index.replace(before, after);
      },
    });
    return new Registry({ ...options, store }, index);
  }

  /**
   * Takes all of the names, or none, for one server under one new lease of `ttlMs` (default 10 s). Names of the same
   * server's former lease move over at once, and that lease ends when it has no more of them.
   *
   * @throws RpcError `NAME_TAKEN`, `NAME_INVALID`, `NAME_RESERVED`, `NAME_REPEATED`, `CLAIMS_EXHAUSTED`,
   *   `SERVER_ID_INVALID`, `ADDRESS_INVALID`, `TTL_OUT_OF_RANGE`, `METADATA_INVALID`
   */
  register(
    serverId: string,
    address: string,
    claims: readonly NameClaim[],
    { ttlMs }: { readonly ttlMs?: number | undefined } = {},
  ): Promise<Lease> {
    return this.#registrar.register({ serverId, address }, claims, ttlMs);
  }

  /** Restarts a lease's time, and returns the names that it has lost; writes nothing. @throws RpcError `LEASE_NOT_FOUND` */
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
  async unregister(leaseId: string): Promise<void> {
    await this.#store.revokeLease(leaseId);
  }

  /**
   * Removes one name from all who have it; reports whether it was there. Their leases stay and tell them, so that they do
   * not register it again.
   */
  async remove(name: string): Promise<boolean> {
    let isRemoved = await this.#removeDamaged(parseObjectName(name));
    const known = new KnownEntries();
    known.add(...(await entriesOf(this.#store, name)));
    for (let entries = known.of(name); entries.length > 0; entries = known.of(name)) {
      isRemoved = (await this.#registrar.displace(entries, known)) || isRemoved;
    }
    return isRemoved;
  }

  /**
   * Sets (a text) or removes (null) keys of a name's metadata; of a name that many servers share, for some of them after
   * the others. @throws RpcError `OBJECT_NOT_FOUND`, `METADATA_INVALID`
   */
  async setMetadata(name: string, changes: MetadataChanges): Promise<NameRecord> {
    const known = new KnownEntries();
    known.add(...(await this.#find(name)));
    const changed: Entry[] = [];
    for (let left = known.of(name); left.length > 0; left = known.of(name)) {
      const some = left.slice(0, maxOperations).map((entry) => {
        const stored = storedIn(entry);
        const metadata = changeMetadata(stored.metadata, changes);
        return { ...entry, value: valueOfName({ ...stored, metadata }) };
      });
      const outcome = await this.#store.commit(
        some.map((entry) => unchanged(entry.key, entry)),
        some.map(({ key, value, leaseId }) => ({ put: key, value, leaseId })),
      );
      if (known.learn(outcome)) {
        known.delete(...some);
        changed.push(...some.map((entry) => ({ ...entry, modRevision: outcome.revision })));
      }
    }
    const [first, ...others] = changed;
    if (first === undefined) {
      throw await this.#notFound(name); // it went while it was to be changed
    }
    return recordOf(first, ...others);
  }

  /**
   * Returns a name's record; of a bare name that is not registered itself, that of its newest version, such as that of
   * `storage/v2` for `storage`. @throws RpcError `OBJECT_NOT_FOUND`, `NAME_INVALID`
   */
  async lookup(name: string): Promise<NameRecord> {
    const [first, ...others] = await entriesOf(this.#store, parseObjectName(name));
    if (first !== undefined) {
      return recordOf(first, ...others);
    }
    const [newest] = await this.#versionsOf(name);
    return recordOf(...(await this.#find(newest ?? name)));
  }

  /** Returns a page of the names that all of the options allow. @throws RpcError `LIMIT_OUT_OF_RANGE`, `PATTERN_INVALID` */
  list(options: ListOptions = {}, signal?: AbortSignal): Promise<NamePage> {
    return listNames(this.#store, this.#index, options, signal);
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

  /** Describes the registry as a whole. */
  async info(): Promise<NameServerInfo> {
    const [names, revision] = await Promise.all([this.#store.count(keyOfName('')), this.#store.revision()]);
    const problem = this.#problem();
    return {
      ...this.#about,
      names,
      leases: this.#index.leases,
      revision,
      ...(problem !== undefined && { problem }),
    };
  }

  /** Removes the damaged records of a name: nobody knows whose they are. Reports whether there were any. */
  async #removeDamaged(name: string): Promise<boolean> {
    const exclusive = keyOfName(name);
    const isDamaged = await this.#store.get(exclusive).then(
      () => false,
      (error: unknown) => {
        if (isRpcError(error, 'RECORD_DAMAGED')) {
          return true;
        }
        throw error;
      },
    );
    const shares = await this.#store.range({ prefix: keyOfShare(name), listDamaged: true });
    const keys = [...(isDamaged ? [exclusive] : []), ...(shares.damaged ?? [])];
    if (keys.length > 0) {
      await this.#store.commit(
        [],
        keys.map((key) => ({ delete: key })),
      );
    }
    return keys.length > 0;
  }

  async #find(name: string): Promise<readonly [Entry, ...Entry[]]> {
    const [first, ...others] = await entriesOf(this.#store, parseObjectName(name));
    if (first === undefined) {
      throw await this.#notFound(name);
    }
    return [first, ...others];
  }

  /** Makes the error about a name that is not registered: it names the versions that are, or a name that is near. */
  async #notFound(name: string): Promise<Error> {
    const versions = await this.#versionsOf(versionedNameIn(name)?.base ?? name);
    if (versions.length > 0) {
      return noSuchName({ name, versions });
    }
    // Who mistypes a name does so seldom in its first two letters.
    const { entries } = await this.#store.range({ prefix: keyOfName(name.slice(0, 2)), limit: nearLimit });
    const near = suggest(name, entries.map(nameOf));
    return noSuchName(near === undefined ? { name } : { name, near });
  }

  /** Returns the registered names that are versions of a bare name, the newest first. */
  async #versionsOf(name: string): Promise<readonly string[]> {
    const { entries } = await this.#store.range({ prefix: keyOfName(`${name}/v`) });
    return versionsOf(name, new Set(entries.map(nameOf)));
  }
}

/** Turns the store's changes of names with a prefix into events, one by one. */
async function* nameEvents(
  commits: AsyncIterable<readonly Change[]>,
  prefix: string,
): AsyncGenerator<NameEvent, void, undefined> {
  for await (const changes of commits) {
    for (const change of changes) {
      if (!nameOf(change.entry).startsWith(prefix)) {
        continue; // the prefix is no name's beginning, but that of a server's share in one
      }
      yield { type: typeOf(change), record: recordOf(change.entry), revision: change.revision };
    }
  }
}

function typeOf({ type, entry }: Change): NameEvent['type'] {
  if (type === 'delete') {
    return 'removed';
  }
  return entry.createRevision === entry.modRevision ? 'registered' : 'changed';
}
