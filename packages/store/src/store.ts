/** A key with its value and the revisions that made them. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** The store's revision at which the key came into being. */
  readonly createRevision: number;
  /** The store's revision at which the value was last written. */
  readonly modRevision: number;
  /** The lease that the key hangs on; it goes when the lease ends. */
  readonly leaseId: string | undefined;
}

/**
 * A condition of a transaction: the key's `modRevision` is this, where 0 means that there is no such key; or no key
 * with this prefix was written after that revision (one that was deleted since does not count).
 */
export type Compare =
  | { readonly key: string; readonly modRevision: number }
  | { readonly prefix: string; readonly unwrittenSince: number };

/** One write of a transaction. */
export type Operation =
  | { readonly put: string; readonly value: string; readonly leaseId?: string | undefined }
  | { readonly delete: string };

/** What a transaction came to: `committed` with its revision, or refused because a condition did not hold. */
export type Outcome =
  | { readonly committed: true; readonly revision: number }
  | { readonly committed: false; readonly revision: number };

/** Which keys to read, in the order of their UTF-8 bytes. */
export interface Range {
  readonly prefix: string;
  /** Begin after this key. */
  readonly after?: string | undefined;
  /** At most this many entries; default: all. */
  readonly limit?: number | undefined;
}

/** A page of entries, read at one revision. */
export interface Page {
  readonly entries: readonly Entry[];
  /** Whether entries follow after the last one. */
  readonly more: boolean;
  readonly revision: number;
}

/** One key's change. A `delete` carries the entry that went. */
export interface Change {
  readonly type: 'put' | 'delete';
  readonly entry: Entry;
  readonly revision: number;
}

/** A lease: what hangs on it goes when it is not kept alive for `ttlMs`. */
export interface StoreLease {
  readonly leaseId: string;
  readonly ttlMs: number;
}

/**
 * A small transactional key-value store. Every commit that returned is durable; it has a revision of its own,
 * one higher than the last. A lease that ends with keys on it is a commit too. Keys and values are text without
 * lone surrogates; a key is not empty, holds no NUL and is at most 512 bytes.
 * The conformance suite in test/ states the contract as tests; every implementation passes it.
 */
export interface Store extends AsyncDisposable {
  /** Gives the entry of a key, or undefined where there is none. */
  get(key: string): Promise<Entry | undefined>;
  /** Gives entries in the order of their keys, a page at a time. */
  range(range: Range): Promise<Page>;
  /** Counts the keys below a prefix. */
  count(prefix: string): Promise<number>;
  /**
   * Applies all operations when all conditions hold, else none. Each key may be written once in a commit.
   * @throws RpcError `LEASE_NOT_FOUND`, `KEY_INVALID`, `KEY_REPEATED`, `VALUE_INVALID`, `STORE_FULL`
   */
  commit(conditions: readonly Compare[], operations: readonly Operation[]): Promise<Outcome>;
  /** Gives the revision of the last commit. */
  revision(): Promise<number>;

  /** Begins a lease of a whole number of milliseconds, at least 1. @throws RpcError `TTL_INVALID` */
  grantLease(ttlMs: number): Promise<StoreLease>;
  /** Starts the lease's time anew; says undefined when it has ended. */
  keepAlive(leaseId: string): Promise<StoreLease | undefined>;
  /** Ends a lease and deletes its keys; fine when it has ended. */
  revokeLease(leaseId: string): Promise<void>;
  /** Gives all leases that have not ended. */
  leases(): Promise<readonly StoreLease[]>;
  /** Gives the keys that hang on a lease; none when it has ended. */
  leaseKeys(leaseId: string): Promise<readonly string[]>;
  /**
   * Ends the leases whose time has passed and says how many. Reads never show a key whose lease has passed,
   * swept or not; sweeping is what makes watchers see it go.
   */
  sweep(): Promise<number>;

  /**
   * Yields the changes below a prefix in order, a commit's changes together, beginning after `fromRevision`
   * (default: the revision at the call), until the signal aborts or the store is closed.
   * @throws RpcError `REVISION_COMPACTED` when the store has no history from there on: it was compacted, also
   *   behind the back of a watcher that is too slow, or the revision is of another store's future
   */
  watch(options: {
    readonly prefix: string;
    readonly fromRevision?: number | undefined;
    readonly signal: AbortSignal;
  }): AsyncIterable<readonly Change[]>;
  /** Forgets the history up to a revision; the current entries stay. */
  compact(revision: number): Promise<void>;

  /**
   * Writes all that is there at one moment to a new file, while commits go on. The file can be opened as a store
   * of the same kind. @throws RpcError `BACKUP_EXISTS`, `STORE_FULL`, `STORE_READ_ONLY`
   */
  backup(path: string): Promise<void>;
}
