import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { type Clock, type Log, silentLog } from '@patchbay/objects';

import { asStoreError } from '../as-store-error.js';
import { storeError } from '../errors.js';
import { checkKey, checkPrefix, keysWith } from '../keys.js';
import { checkCommit } from '../operations.js';
import type { Change, Compare, Entry, Operation, Outcome, Page, Range, Store, StoreLease } from '../store.js';
import { ChangeFeed } from './change-feed.js';
import { ChangeLog } from './change-log.js';
import { type Connection, openDatabase } from './database.js';
import { EntryTable } from './entry-table.js';
import { LeaseExpiry } from './lease-expiry.js';
import { LeaseTable } from './lease-table.js';
import { type WhenDurable, WriteQueue } from './write-queue.js';
import { Writer } from './writer.js';

/** How many leases one transaction ends when their time has passed, so that calls get their turn between two. */
const endedTogether = 256;

/** Where a store lives, and what it needs. */
export interface SqliteStoreOptions {
  /** The directory of the store's file; it is created, for its owner alone, when it is not there. */
  readonly directory: string;
  /** The file's name in the directory. Default: `store.sqlite`. */
  readonly fileName?: string;
  readonly clock: Clock;
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** How many of the last revisions a watcher may be behind without missing anything. Default: 10,000. */
  readonly historyRevisions?: number;
}

/**
 * Opens the store in a directory, for this process alone. The time of every lease in it begins anew.
 *
 * @throws RpcError `STORE_LOCKED`, `STORE_DAMAGED`, `STORE_VERSION_NEWER`, `STORE_READ_ONLY`, `STORE_FULL`,
 *   `STORE_FAILED`
 */
export function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return new Promise((resolve) => {
    const file = join(options.directory, options.fileName ?? 'store.sqlite');
    resolve(new SqliteStore(file, openDatabase(file), options));
  });
}

class SqliteStore implements Store {
  /** SQLite has none of these; they are etcd's, so that what works on one works on the other. */
  readonly limits = { operations: 4096, conditions: 128, bytes: 1_048_576 };
  readonly lateMs = 1000;
  readonly #file: string;
  readonly #connection: Connection;
  readonly #openRead: OpenRead;
  readonly #entries: EntryTable;
  readonly #leases: LeaseTable;
  readonly #expiry: LeaseExpiry;
  readonly #changes: ChangeLog;
  readonly #feed: ChangeFeed;
  readonly #writer: Writer;
  readonly #queue: WriteQueue;

  constructor(
    file: string,
    connection: Connection,
    { clock, log = silentLog, historyRevisions = 10_000 }: SqliteStoreOptions,
  ) {
    this.#file = file;
    this.#connection = connection;
    this.#openRead = new OpenRead(connection);
    this.#entries = new EntryTable(connection);
    this.#leases = new LeaseTable(connection);
    this.#changes = new ChangeLog(connection, historyRevisions);
    this.#feed = new ChangeFeed(
      (revision, interval) => this.#inStoreErrors(() => this.#changes.since(revision, interval)),
      historyRevisions,
    );
    this.#writer = new Writer(this.#entries, this.#leases, this.#changes, this.#feed);
    const transaction = connection.transaction((work: () => void) => {
      work();
    });
    this.#queue = new WriteQueue({
      inTransaction: (work) => {
        this.#openRead.end();
        transaction.immediate(work);
      },
      asStoreError: (error) => asStoreError(error, file),
    });
    this.#inStoreErrors(() => {
      transaction.immediate(() => {
        this.#changes.compact();
      });
    });
    this.#expiry = new LeaseExpiry({ clock, log, end: (leaseIds) => this.#endPassed(leaseIds) });
    this.#leases.all().forEach((lease) => {
      this.#expiry.start(lease);
    });
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#whenOpen(() => {
      checkKey(key);
      this.#openRead.begin();
      return this.#entries.get(key);
    });
  }

  range({ prefix, after, limit }: Range): Promise<Page> {
    return this.#whenOpen(() => {
      checkPrefix(prefix);
      // One more than asked for shows whether there is more.
      const entries = this.#entries.scan(
        keysWith(prefix, after),
        limit === undefined ? undefined : limit + 1,
      );
      const more = limit !== undefined && entries.length > limit;
      return { entries: more ? entries.slice(0, limit) : entries, more, revision: this.#changes.revision };
    });
  }

  count(prefix: string): Promise<number> {
    return this.#whenOpen(() => {
      checkPrefix(prefix);
      return this.#entries.count(keysWith(prefix));
    });
  }

  commit(conditions: readonly Compare[], operations: readonly Operation[]): Promise<Outcome> {
    return this.#whenOpen(() => {
      checkCommit(conditions, operations, this.limits);
      return this.#queue.write((whenDurable) => this.#writer.commit(conditions, operations, whenDurable));
    });
  }

  revision(): Promise<number> {
    return this.#whenOpen(() => this.#changes.revision);
  }

  grantLease(ttlMs: number): Promise<StoreLease> {
    return this.#whenOpen(() => {
      if (!Number.isSafeInteger(ttlMs) || ttlMs < 1) {
        throw storeError('TTL_INVALID', `a lease of ${String(ttlMs)} ms; give a whole number above 0`);
      }
      const lease: StoreLease = { leaseId: randomUUID(), ttlMs };
      this.#expiry.start(lease);
      // Not waited for: a commit that hangs keys on the lease follows in the queue, mostly in the same transaction.
      this.#queue
        .write(() => {
          this.#leases.insert(lease);
        })
        .catch(() => {
          this.#expiry.forget(lease.leaseId);
        });
      return lease;
    });
  }

  keepAlive(leaseId: string): Promise<StoreLease | undefined> {
    return this.#whenOpen(() => this.#expiry.renew(leaseId));
  }

  revokeLease(leaseId: string): Promise<number> {
    return this.#whenOpen(() =>
      this.#queue.write((whenDurable) => {
        this.#endLease(leaseId, whenDurable);
        return this.#changes.revision;
      }),
    );
  }

  leaseKeys(leaseId: string): Promise<readonly string[]> {
    return this.#whenOpen(() => this.#entries.ofLease(leaseId).map(({ key }) => key));
  }

  watch({ prefix, fromRevision, signal }: Parameters<Store['watch']>[0]): AsyncIterable<readonly Change[]> {
    this.#checkOpen();
    checkPrefix(prefix);
    const from = fromRevision ?? this.#inStoreErrors(() => this.#changes.revision);
    return this.#feed.watch(prefix, from, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      if (this.#connection.open) {
        this.#expiry[Symbol.dispose]();
        this.#queue.drain();
        this.#feed.close();
        this.#openRead.end();
        this.#connection.close();
      }
      resolve();
    });
  }

  /** Ends leases whose time has passed; returns how many had not ended yet. */
  async #endPassed(leaseIds: readonly string[]): Promise<number> {
    let ended = 0;
    for (let start = 0; start < leaseIds.length; start += endedTogether) {
      const some = leaseIds.slice(start, start + endedTogether);
      ended += await this.#whenOpen(() =>
        this.#queue.write(
          (whenDurable) =>
            some.filter((leaseId) => this.#expiry.hasPassed(leaseId) && this.#endLease(leaseId, whenDurable))
              .length,
        ),
      );
    }
    return ended;
  }

  #endLease(leaseId: string, whenDurable: WhenDurable): boolean {
    whenDurable(() => {
      this.#expiry.forget(leaseId);
    });
    return this.#writer.endLease(leaseId, whenDurable);
  }

  #whenOpen<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      this.#checkOpen();
      resolve(this.#inStoreErrors(work));
    });
  }

  #checkOpen(): void {
    if (!this.#connection.open) {
      throw storeError('STORE_CLOSED', `the store ${this.#file} has been closed`);
    }
  }

  #inStoreErrors<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asStoreError(error, this.#file);
    }
  }
}

/**
 * A read transaction that stays open from one read to the next, as to begin and end one takes SQLite about as long as
 * to find a row. Nobody else writes to the file, so that it hides nothing; it ends before anything is written.
 */
class OpenRead {
  readonly #connection: Connection;
  readonly #begin;
  readonly #commit;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#begin = connection.prepare('BEGIN');
    this.#commit = connection.prepare('COMMIT');
  }

  /** Begins it, unless it is open or a write is under way. */
  begin(): void {
    if (!this.#connection.inTransaction) {
      this.#begin.run();
    }
  }

  end(): void {
    if (this.#connection.inTransaction) {
      this.#commit.run();
    }
  }
}
