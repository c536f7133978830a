/** A key with its value and the revisions that made them. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** The store's revision at which the key came into being. */
  readonly createRevision: number;
  /** The store's revision at which the value was last written. */
  readonly modRevision: number;
  /** The lease that the key hangs on; the key goes when the lease ends. */
  readonly leaseId: string | undefined;
}

/** A half-open interval of keys in the order of their UTF-8 bytes: `from` belongs to it, `to` does not. */
export interface KeyInterval {
  readonly from: string;
  readonly to: string;
}

/**
 * A condition of a commit: the key's `modRevision` is this one, where 0 means that there is no such key; or no key of
 * the interval was written after that revision (one that was deleted since does not count).
 */
export type Compare =
  | { readonly key: string; readonly modRevision: number }
  | { readonly keys: KeyInterval; readonly unwrittenSince: number };

/** One write of a commit. */
export type Operation =
  | { readonly put: string; readonly value: string; readonly leaseId?: string | undefined }
  | { readonly delete: string };

/** A condition that did not hold, with the entries for which it did not: none where its key is absent. */
export interface Conflict {
  readonly condition: Compare;
  readonly entries: readonly Entry[];
}

/**
 * The result of a commit: its revision, or every condition that did not hold. The conflicts were read in the same
 * transaction, so that the next try needs no read of its own.
 */
export type Outcome =
  | { readonly committed: true; readonly revision: number }
  | { readonly committed: false; readonly revision: number; readonly conflicts: readonly Conflict[] };

/** Which keys to read, in the order of their UTF-8 bytes. */
export interface Range {
  readonly prefix: string;
  /** Begin after this key. */
  readonly after?: string | undefined;
  /** At most this many entries; default: all. */
  readonly limit?: number | undefined;
  /** List damaged records in the page's `damaged` instead of failing at the first. Default: false. */
  readonly listDamaged?: boolean;
}

/** A page of entries, read at one revision. */
export interface Page {
  readonly entries: readonly Entry[];
  /** Whether entries follow after the last one. */
  readonly more: boolean;
  readonly revision: number;
  /** The keys of damaged records, where they were to be listed and there are any. */
  readonly damaged?: readonly string[];
}

/** One key's change. A `delete` carries the entry that went. */
export interface Change {
  readonly type: 'put' | 'delete';
  readonly entry: Entry;
  readonly revision: number;
}

/** A lease: its keys go when it is not kept alive for `ttlMs`. */
export interface StoreLease {
  readonly leaseId: string;
  readonly ttlMs: number;
}

/** How much one commit may hold. */
export interface StoreLimits {
  readonly operations: number;
  readonly conditions: number;
  /** Of the keys and values that it writes, in UTF-8. */
  readonly bytes: number;
}

/**
 * A small transactional key-value store after etcd's model. Keys and values are text without lone surrogates; a key is
 * not empty, holds no NUL and is at most 512 bytes.
 *
 * Every commit that returned is durable. It has a revision of its own, higher than every revision that it could see;
 * revisions grow, and say nothing else. One that changes nothing may have the revision of the last one that did. A lease
 * that ends with keys on it is a commit too. Commits that are not awaited take effect in any order.
 *
 * A record that is not what was written is never returned: whatever reads it throws `RECORD_DAMAGED`, and what reads
 * others goes on. It can be written anew and deleted; its deletion's change has an empty value.
 *
 * A commit that throws has not happened. An implementation that loses the answer to a commit finds out by itself what
 * became of it; where it cannot in time, `STORE_UNAVAILABLE` has `details.outcome` `unknown` instead of `unchanged`.
 * The conformance suite in test/ states the contract as tests; every implementation passes it.
 */
export interface Store extends AsyncDisposable {
  readonly limits: StoreLimits;
  /** How long after its time a lease may still be there, with its keys, in milliseconds. */
  readonly lateMs: number;

  /** Returns the entry of a key, or undefined where there is none. @throws RpcError `RECORD_DAMAGED` */
  get(key: string): Promise<Entry | undefined>;
  /** Returns entries in the order of their keys, a page at a time. @throws RpcError `RECORD_DAMAGED` */
  range(range: Range): Promise<Page>;
  /** Counts the keys with a prefix. */
  count(prefix: string): Promise<number>;
  /**
   * Applies all operations when all conditions hold, else none. A commit writes each key at most once.
   *
   * @throws RpcError `LEASE_NOT_FOUND`, `KEY_INVALID`, `KEY_REPEATED`, `VALUE_INVALID`, `COMMIT_TOO_LARGE`,
   *   `STORE_FULL`, `STORE_UNAVAILABLE`, `RECORD_DAMAGED` of one that a condition is about
   */
  commit(conditions: readonly Compare[], operations: readonly Operation[]): Promise<Outcome>;
  /** Returns the revision of the last commit. */
  revision(): Promise<number>;

  /**
   * Begins a lease that lives for the returned time, which is at least the one asked for: a whole number of
   * milliseconds, at least 1. It is durable from the first commit on that puts a key on it.
   *
   * @throws RpcError `TTL_INVALID`
   */
  grantLease(ttlMs: number): Promise<StoreLease>;
  /** Restarts a lease's time; returns undefined when the lease has ended. */
  keepAlive(leaseId: string): Promise<StoreLease | undefined>;
  /** Ends a lease and deletes its keys, if it has not ended yet; returns the store's revision after that. */
  revokeLease(leaseId: string): Promise<number>;
  /** Returns the keys of a lease; none when it has ended. */
  leaseKeys(leaseId: string): Promise<readonly string[]>;

  /**
   * Yields the changes of keys with a prefix in order, a commit's changes together, beginning after `fromRevision`
   * (default: the revision at the call), until the signal aborts or the store is closed. A watcher gets every change,
   * or the error.
   *
   * @throws RpcError `REVISION_COMPACTED` when the store has no history from there on: it keeps that of its last
   *   revisions only, also for a watcher that is too slow, and has none of a revision that it has not reached
   */
  watch(options: {
    readonly prefix: string;
    readonly fromRevision?: number | undefined;
    readonly signal: AbortSignal;
  }): AsyncIterable<readonly Change[]>;
}
