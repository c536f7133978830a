import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { type Clock, type Log, silentLog } from '@patchbay/objects';

import { asStoreError } from '../as-store-error.js';
import { ChangeFeed } from '../change-feed.js';
import { storeError } from '../errors.js';
import { checkKey, checkPrefix, keysWith } from '../keys.js';
import { checkCommit } from '../operations.js';
import { pageOf } from '../page.js';
import type { Change, Compare, Entry, Operation, Outcome, Page, Range, Store, StoreLease } from '../store.js';
import { ChangeLog } from './change-log.js';
import { type Connection, openDatabase } from './database.js';
import { EntryTable } from './entry-table.js';
import { LeaseExpiry } from './lease-expiry.js';
import { LeaseTable } from './lease-table.js';
import { WriteQueue } from './write-queue.js';
import { Writer } from './writer.js';

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
  readonly #clock: Clock;
  readonly #connection: Connection;
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
    this.#clock = clock;
    this.#connection = connection;
    this.#entries = new EntryTable(connection);
    this.#leases = new LeaseTable(connection);
    this.#changes = new ChangeLog(connection, historyRevisions);
    this.#feed = new ChangeFeed((revision, prefix) =>
      this.#inStoreErrors(() => this.#changes.since(revision, keysWith(prefix))),
    );
    this.#expiry = new LeaseExpiry({
      clock,
      log,
      end: (leases) => this.#whenOpen(() => this.#delete(leases)),
    });
    this.#writer = new Writer({
      connection,
      entries: this.#entries,
      leases: this.#leases,
      expiry: this.#expiry,
      changes: this.#changes,
      feed: this.#feed,
    });
    this.#queue = new WriteQueue({
      inTransaction: (work) => {
        this.#writer.inTransaction(work);
      },
      asStoreError: (error) => asStoreError(error, file),
    });
    this.#inStoreErrors(() => {
      this.#writer.inTransaction(() => {
        this.#changes.compact();
      });
      this.#leases.all().forEach((lease) => {
        this.#expiry.start(lease);
      });
    });
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#whenOpen(() => {
      checkKey(key);
      return this.#entries.get(key);
    });
  }

  range({ prefix, after, limit = Infinity, listDamaged = false }: Range): Promise<Page> {
    return this.#whenOpen(() => {
      checkPrefix(prefix);
      const damaged = listDamaged ? [] : undefined;
      // One more than asked for shows whether there is more.
      const entries = this.#entries.scan(keysWith(prefix, after), limit + 1, damaged);
      return pageOf(entries, limit, this.#changes.revision, damaged);
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
      return this.#queue.write(() => this.#writer.commit(conditions, operations));
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
      const lease: StoreLease = { leaseId: this.#leaseId(), ttlMs };
      this.#expiry.start(lease);
      return lease;
    });
  }

  keepAlive(leaseId: string): Promise<StoreLease | undefined> {
    return this.#whenOpen(() => this.#expiry.renew(leaseId));
  }

  revokeLease(leaseId: string): Promise<number> {
    return this.#whenOpen(async () => {
      const lease = this.#expiry.end(leaseId);
      if (lease !== undefined) {
        await this.#delete([lease]).catch((error: unknown) => {
          this.#expiry.start(lease);
          throw error;
        });
      }
      return this.#changes.revision;
    });
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
        this.#connection.close();
      }
      resolve();
    });
  }

  /** Makes a UUID of version 7: leases that are granted together are written to the same pages. */
  #leaseId(): string {
    const time = this.#clock.now().toString(16).padStart(12, '0').slice(-12);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
  }

  /** Deletes leases that have ended, with their keys. */
  #delete(leases: readonly StoreLease[]): Promise<void> {
    return this.#queue.write(() => {
      leases.forEach(({ leaseId }) => {
        this.#writer.endLease(leaseId);
      });
    });
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
