import {
  type Caller,
  coreError,
  isRpcError,
  type Lease,
  type ListOptions,
  type MetadataChanges,
  type NameClaim,
  type NameEvent,
  type NamePage,
  type NameRecord,
  type NameServerInfo,
  type NameServerMethods,
  nameServerObject,
  parseObjectName,
  quoted,
  type RegisterOptions,
} from '@patchbay/objects';
import { type Change, type Entry, type Store, storeError } from '@patchbay/store';

import { KnownEntries, mayChange, unchanged } from './grant.js';
import { leaseIdFor, storeLeaseIdOf } from './lease-owners.js';
import { listNames } from './list-names.js';
import { lostNames } from './lost-names.js';
import { changeMetadata } from './metadata.js';
import type { MetadataIndex } from './metadata-index.js';
import { entriesOf, keyOfName, keyOfShares, nameOf, recordOf, storedIn, valueOfName } from './name-record.js';
import { namedEntries, noEntry, resolvedEntries } from './name-lookup.js';
import { isAdmin } from './ownership.js';
import { maxOperations, type Registrar } from './registrar.js';

/** What a registry is made of. */
export interface RegistryParts {
  readonly store: Store;
  readonly registrar: Registrar;
  readonly index: MetadataIndex;
  /** Describes the registry as a whole. */
  readonly info: () => Promise<NameServerInfo>;
}

/** The names of a registry as one caller sees them, and may change them. */
export class CallersNames {
  readonly #store;
  readonly #registrar;
  readonly #index;
  readonly #caller;
  /** Describes the registry as a whole. */
  readonly info: () => Promise<NameServerInfo>;

  /** @internal Use `Registry.for`. */
  constructor({ store, registrar, index, info }: RegistryParts, caller: Caller) {
    this.#store = store;
    this.#registrar = registrar;
    this.#index = index;
    this.#caller = caller;
    this.info = info;
  }

  /**
   * Takes all of the names, or none, for one server of the caller's under one new lease of `ttlMs` (default 10 s). Names
   * of the same server's former lease move over at once, and that lease ends when it has no more of them.
   *
   * @throws RpcError `REGISTRATIONS_HELD`, `NAME_TAKEN`, `NAME_NOT_ALLOWED`, `RESERVATIONS_EXHAUSTED`, `NAME_INVALID`, `NAME_RESERVED`,
   *   `NAME_REPEATED`, `CLAIMS_EXHAUSTED`, `SERVER_ID_INVALID`, `ADDRESS_INVALID`, `TTL_OUT_OF_RANGE`, `METADATA_INVALID`
   */
  async register(
    serverId: string,
    address: string,
    claims: readonly NameClaim[],
    { ttlMs, ...local }: RegisterOptions = {},
  ): Promise<Lease> {
    const caller = this.#caller;
    const lease = await this.#registrar.register({ serverId, address, ...local, caller }, claims, ttlMs);
    return { ...lease, leaseId: leaseIdFor(caller.principal, lease.leaseId) };
  }

  /**
   * Restarts the time of a lease of the caller's, and returns the names that it has lost; writes nothing.
   * @throws RpcError `LEASE_NOT_FOUND` where it has ended, `LEASE_NOT_OWNED` where it was granted to another, ended or not
   */
  async keepAlive(leaseId: string): Promise<Lease> {
    const storeLeaseId = this.#ownLease(leaseId);
    const kept = storeLeaseId === undefined ? undefined : await this.#store.keepAlive(storeLeaseId);
    if (kept === undefined) {
      throw storeError('LEASE_NOT_FOUND', `the lease ${quoted(leaseId)} has ended; register again`, {
        details: { leaseId },
      });
    }
    const lost = await lostNames(this.#store, kept.leaseId);
    return {
      ...kept,
      leaseId,
      revision: await this.#store.revision(),
      ...(lost.length === 0 ? {} : { lost }),
    };
  }

  /** Ends a lease of the caller's and every name on it; fine when it has already ended. @throws RpcError `LEASE_NOT_OWNED` */
  async unregister(leaseId: string): Promise<void> {
    const storeLeaseId = this.#ownLease(leaseId);
    if (storeLeaseId !== undefined) {
      await this.#store.revokeLease(storeLeaseId);
    }
  }

  /**
   * Removes one name from all who have it; reports whether it was there. Their leases stay and tell them, so that they do
   * not register it again. Its owner may, and an admin, who lifts its reservation too; of a shared name, whoever owns all
   * of it.
   * @throws RpcError `CALLER_REFUSED`
   */
  async remove(name: string): Promise<boolean> {
    let isRemoved = await this.#removeDamaged(parseObjectName(name));
    const known = new KnownEntries();
    known.add(...(await entriesOf(this.#store, name)));
    for (let entries = known.of(name); entries.length > 0; entries = known.of(name)) {
      this.#checkMayChange('remove', name, entries);
      isRemoved = (await this.#registrar.displace(entries, known)) || isRemoved;
    }
    const isLifted = isAdmin(this.#caller, 'remove') && (await this.#registrar.lift(name));
    return isRemoved || isLifted;
  }

  /**
   * Sets (a text) or removes (null) keys of a name's metadata; of a name that many servers share, for some of them after
   * the others. Its owner may, and an admin; of a shared name, whoever owns all of it.
   * @throws RpcError `OBJECT_NOT_FOUND`, `METADATA_INVALID`, `CALLER_REFUSED`
   */
  async setMetadata(name: string, changes: MetadataChanges): Promise<NameRecord> {
    const known = new KnownEntries();
    known.add(...(await namedEntries(this.#store, name)));
    const changed: Entry[] = [];
    for (let left = known.of(name); left.length > 0; left = known.of(name)) {
      this.#checkMayChange('set_metadata', name, left);
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
      throw await noEntry(this.#store, name); // it went while it was to be changed
    }
    return recordOf(this.#caller, first, ...others);
  }

  /**
   * Returns a name's record; of a bare name that is not registered itself, that of its newest version, such as that of
   * `storage/v2` for `storage`. @throws RpcError `OBJECT_NOT_FOUND`, `NAME_INVALID`
   */
  async lookup(name: string): Promise<NameRecord> {
    return recordOf(this.#caller, ...(await resolvedEntries(this.#store, name)));
  }

  /** Returns a page of the names that all of the options allow. @throws RpcError `LIMIT_OUT_OF_RANGE`, `PATTERN_INVALID` */
  list(options: ListOptions = {}, signal?: AbortSignal): Promise<NamePage> {
    return listNames(this.#store, this.#index, this.#caller, options, signal);
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
    return nameEvents(
      this.#caller,
      this.#store.watch({ prefix: keyOfName(prefix), fromRevision, signal }),
      prefix,
    );
  }

  /** Returns the store's id of a lease of the caller's; undefined where it has ended. @throws RpcError `LEASE_NOT_OWNED` */
  #ownLease(leaseId: string): string | undefined {
    const storeLeaseId = storeLeaseIdOf(this.#caller, leaseId);
    return this.#index.owners.isOwner(this.#caller, storeLeaseId) ? storeLeaseId : undefined;
  }

  /** @throws RpcError `CALLER_REFUSED` unless the caller owns all of the entries of a name, or is an admin */
  #checkMayChange(method: keyof NameServerMethods, name: string, entries: readonly Entry[]): void {
    const other = entries.find((entry) => !mayChange(this.#caller, method, entry));
    if (other !== undefined) {
      throw this.#refused(method, name, `which belongs to ${storedIn(other).host}`);
    }
  }

  #refused(method: string, name: string, why: string): Error {
    const { principal } = this.#caller;
    return coreError(
      'CALLER_REFUSED',
      `${principal} may not call ${nameServerObject}.${method} for "${name}", ${why}; ` +
        `only its owner and an admin may`,
      { details: { principal, method, name } },
    );
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
    const shares = await this.#store.range({ prefix: keyOfShares(name), listDamaged: true });
    const keys = [...(isDamaged ? [exclusive] : []), ...(shares.damaged ?? [])];
    if (keys.length > 0) {
      if (!isAdmin(this.#caller, 'remove')) {
        throw this.#refused('remove', name, 'whose record is damaged, so that nobody knows whose it is');
      }
      await this.#store.commit(
        [],
        keys.map((key) => ({ delete: key })),
      );
    }
    return keys.length > 0;
  }
}

/** Turns the store's changes of names with a prefix into events, one by one. */
async function* nameEvents(
  caller: Caller,
  commits: AsyncIterable<readonly Change[]>,
  prefix: string,
): AsyncGenerator<NameEvent, void, undefined> {
  for await (const changes of commits) {
    for (const change of changes) {
      if (!nameOf(change.entry).startsWith(prefix)) {
        continue; // the prefix is no name's beginning, but that of a server's share in one
      }
      yield { type: typeOf(change), record: recordOf(caller, change.entry), revision: change.revision };
    }
  }
}

function typeOf({ type, entry }: Change): NameEvent['type'] {
  if (type === 'delete') {
    return 'removed';
  }
  return entry.createRevision === entry.modRevision ? 'registered' : 'changed';
}
