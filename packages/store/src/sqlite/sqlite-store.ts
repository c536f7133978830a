import { randomUUID } from 'node:crypto';

import { type Clock, isRpcError, type Log, type RpcError } from '@patchbay/objects';

import { asStoreError } from '../as-store-error.js';
import { ChangeFeed } from '../change-feed.js';
import { storeError } from '../errors.js';
import { checkKey, checkPrefix, keysWith } from '../keys.js';
import { checkCommit } from '../operations.js';
import { pageOf } from '../page.js';
import type { Change, Compare, Entry, Operation, Outcome, Page, Range, Store, StoreLease } from '../store.js';
import { type OnWritable, WriteHealth } from '../write-health.js';
import { ChangeLog } from './change-log.js';
import { type Connection, rewriteVersion } from './database.js';
import { EntryTable } from './entry-table.js';
import { LeaseExpiry } from './lease-expiry.js';
import { LeaseTable } from './lease-table.js';
import { WriteQueue } from './write-queue.js';
import { Writer } from './writer.js';

/** What a store needs beside its file. */
export interface SqliteStoreParts {
  readonly clock: Clock;
  readonly log: Log;
  /** How many of the last revisions a watcher may be behind without missing anything. */
  readonly historyRevisions: number;
  /** Whether a disk that cannot be written at the opening is an error. */
  readonly mustWrite: boolean;
  readonly onWritable: OnWritable;
  /** Why every write is refused; absent where none is. */
  readonly refusal?: RpcError;
}

/** A store in a file of SQLite. Opened by `openSqliteStore`. */
export class SqliteStore implements Store {
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
  readonly #health: WriteHealth;

  constructor(file: string, connection: Connection, parts: SqliteStoreParts) {
    const { clock, log, historyRevisions, mustWrite, onWritable, refusal } = parts;
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
    const write = (work: () => void): void => {
      if (refusal !== undefined) {
        throw refusal;
      }
      try {
        this.#writer.inTransaction(work);
      } catch (error) {
        const failure = asStoreError(error, file);
        this.#health.failed(failure);
        throw failure;
      }
      this.#health.succeeded();
    };
    this.#health = new WriteHealth({
      clock,
      log,
      onWritable,
      tryWriting: () => {
        write(() => {
          rewriteVersion(connection);
        });
      },
    });
    this.#queue = new WriteQueue({
      inTransaction: write,
      asStoreError: (error) => asStoreError(error, file),
    });
    this.#inStoreErrors(() => {
      const compact = (): void => {
        rewriteVersion(connection);
        this.#changes.compact();
      };
      if (mustWrite) {
        this.#writer.inTransaction(compact);
      } else {
        writeIfWritable(() => {
          write(compact);
        });
      }
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
        this.#health[Symbol.dispose]();
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

/** Runs a write that may wait until the disk can be written. */
function writeIfWritable(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isRpcError(error, 'STORE_FULL', 'STORE_READ_ONLY')) {
      throw error;
    }
  }
}
