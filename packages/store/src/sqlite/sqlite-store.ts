import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { type Clock } from '@patchbay/objects';

import { storeError } from '../errors.js';
import { checkPrefix } from '../keys.js';
import { checkConditions, checkOperations } from '../operations.js';
import {
  type Change,
  type Compare,
  type Entry,
  type Operation,
  type Outcome,
  type Page,
  type Range,
  type Store,
  type StoreLease,
} from '../store.js';
import { backUp } from './backup.js';
import { ChangeFeed } from './change-feed.js';
import { ChangeLog } from './change-log.js';
import { type Connection, openDatabase } from './database.js';
import { EntryTable } from './entry-table.js';
import { LeaseDeadlines } from './lease-deadlines.js';
import { LeaseTable } from './lease-table.js';
import { OpenRead } from './open-read.js';
import { Reader } from './reader.js';
import { asStoreError } from './sqlite-errors.js';
import { WriteQueue } from './write-queue.js';
import { Writer } from './writer.js';

/** How many leases one transaction of a sweep ends, so that calls get their turn between two. */
const sweptTogether = 256;

/** Where a store lives, and its time. */
export interface SqliteStoreOptions {
  /** The directory of the store's file; it is made, for its owner alone, when it is not there. */
  readonly directory: string;
  /** The file's name in the directory. Default: `store.sqlite`. */
  readonly fileName?: string;
  /** Beginnings of keys that nobody watches: of these no history is kept, which saves half of their writing. */
  readonly unwatched?: readonly string[];
  readonly clock: Clock;
}

/**
 * Opens the store in a directory, for this process alone. Every lease in it gets its whole time anew.
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
  readonly #file: string;
  readonly #connection: Connection;
  readonly #openRead: OpenRead;
  readonly #leases: LeaseTable;
  readonly #deadlines: LeaseDeadlines;
  readonly #changes: ChangeLog;
  readonly #feed: ChangeFeed;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #queue: WriteQueue;

  constructor(
    file: string,
    connection: Connection,
    { clock, unwatched = [] }: Pick<SqliteStoreOptions, 'clock' | 'unwatched'>,
  ) {
    const entries = new EntryTable(connection);
    const leases = new LeaseTable(connection);
    const deadlines = new LeaseDeadlines(clock);
    const changes = new ChangeLog(connection);
    const feed = new ChangeFeed((revision, interval) =>
      this.#inStoreErrors(() => changes.since(revision, interval)),
    );
    leases.all().forEach((lease) => {
      deadlines.start(lease);
    });
    this.#file = file;
    this.#connection = connection;
    this.#openRead = new OpenRead(connection);
    this.#leases = leases;
    this.#deadlines = deadlines;
    this.#changes = changes;
    this.#feed = feed;
    this.#reader = new Reader({ entries, deadlines, changes });
    this.#writer = new Writer({ entries, leases, deadlines, changes, feed, unwatched });
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
  }

  get(key: string): Promise<Entry | undefined> {
    return this.#whenOpen(() => {
      this.#openRead.begin();
      return this.#reader.get(key);
    });
  }

  range(range: Range): Promise<Page> {
    return this.#whenOpen(() => this.#reader.range(range));
  }

  count(prefix: string): Promise<number> {
    return this.#whenOpen(() => this.#reader.count(prefix));
  }

  commit(conditions: readonly Compare[], operations: readonly Operation[]): Promise<Outcome> {
    return this.#whenOpen(() => {
      checkConditions(conditions);
      checkOperations(operations);
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
      return this.#queue.write((whenDurable) => {
        this.#leases.insert(lease);
        whenDurable(() => {
          this.#deadlines.start(lease);
        });
        return lease;
      });
    });
  }

  keepAlive(leaseId: string): Promise<StoreLease | undefined> {
    return this.#whenOpen(() => this.#deadlines.renew(leaseId));
  }

  revokeLease(leaseId: string): Promise<void> {
    return this.#whenOpen(() =>
      this.#queue.write((whenDurable) => {
        this.#writer.endLease(leaseId, whenDurable);
      }),
    );
  }

  leases(): Promise<readonly StoreLease[]> {
    return this.#whenOpen(() => this.#deadlines.live());
  }

  leaseKeys(leaseId: string): Promise<readonly string[]> {
    return this.#whenOpen(() => this.#reader.leaseKeys(leaseId));
  }

  async sweep(): Promise<number> {
    const passed = await this.#whenOpen(() => this.#deadlines.passed());
    let ended = 0;
    for (let start = 0; start < passed.length; start += sweptTogether) {
      const some = passed.slice(start, start + sweptTogether);
      ended += await this.#whenOpen(() =>
        this.#queue.write(
          (whenDurable) => some.filter(({ leaseId }) => this.#writer.endLease(leaseId, whenDurable)).length,
        ),
      );
    }
    return ended;
  }

  watch(options: {
    readonly prefix: string;
    readonly fromRevision?: number | undefined;
    readonly signal: AbortSignal;
  }): AsyncIterable<readonly Change[]> {
    this.#checkOpen();
    checkPrefix(options.prefix);
    const fromRevision = options.fromRevision ?? this.#inStoreErrors(() => this.#changes.revision);
    return this.#feed.watch(options.prefix, fromRevision, options.signal);
  }

  compact(revision: number): Promise<void> {
    return this.#whenOpen(() =>
      this.#queue.write(() => {
        this.#changes.compact(revision);
      }),
    );
  }

  async backup(path: string): Promise<void> {
    try {
      await this.#whenOpen(() => backUp(this.#connection, path));
    } catch (error) {
      throw asStoreError(error, path);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      if (this.#connection.open) {
        this.#queue.drain();
        this.#feed.close();
        this.#openRead.end();
        this.#connection.close();
      }
      resolve();
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
