import { randomUUID } from 'node:crypto';

import { type Clock, isRpcError, type RpcError, systemClock } from '@patchbay/objects';
import { type Entry, type Operation, type Store, writeBackup } from '@patchbay/store';

import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import type { Iqn } from '../names.js';
import { Actors } from './actor.js';
import { eventKey, type EventRecord, events } from './events.js';
import { type CatalogReader, type Keyed, parse, type Transaction } from './records.js';
import { facts, type Table } from './tables.js';
import { putOf, recordsOf, TransactionBuffer } from './transaction-buffer.js';

export type { CatalogReader, Keyed, Transaction } from './records.js';

/** Why nothing can be written, while reads may go on. */
const writeFailures = ['STORE_FULL', 'STORE_READ_ONLY', 'STORE_FAILED'] as const;
/** Its value is the number of the last event. */
const lastEventKey = 'version';
/** The fact that the catalog is a restored backup. */
const restoredKey = 'restored';

/** Typed records in a store. The catalog is the truth; the pool's files and the targets are made after it. */
export class Catalog implements CatalogReader {
  /** Whoever works with the catalog does so on somebody's behalf, which its events record. */
  readonly actors = new Actors();
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #transactions = new KeyedMutex();
  #writeFailure: RpcError | undefined;

  /** @param clock - dates the events */
  constructor(store: Store, clock: Clock = systemClock) {
    this.#store = store;
    this.#clock = clock;
  }

  async get<T>(table: Table<T>, key: string): Promise<T | undefined> {
    const entry = await this.#store.get(table.prefix + key);
    return entry === undefined ? undefined : parse(table, entry.key, entry.value);
  }

  async list<T>(table: Table<T>, within = ''): Promise<readonly Keyed<T>[]> {
    return recordsOf(table, await this.#store.range({ prefix: table.prefix + within }));
  }

  /**
   * Runs `change` and commits what it wrote, durably; what it throws leaves everything as it was. It runs again when what
   * it read (also that something is not there) no longer holds when it is committed. The transactions of one process
   * follow one another.
   */
  transact<T>(change: (tx: Transaction) => T | Promise<T>): Promise<T> {
    return this.#transactions.run(lastEventKey, async () => {
      for (;;) {
        const buffer = new TransactionBuffer(this.#store);
        const result = await change(buffer);
        if (buffer.isEmpty || (await this.#commitBuffer(buffer))) {
          return result;
        }
      }
    });
  }

  /** Commits a transaction with its events, numbered without gaps; reports whether what it read still held. */
  async #commitBuffer(buffer: TransactionBuffer): Promise<boolean> {
    const happened = await buffer.events(this.#clock.now(), this.actors.current);
    if (happened.length === 0) {
      return (await this.#commit(buffer.conditions, buffer.operations)).committed;
    }
    let last = await this.#store.get(lastEventKey);
    for (;;) {
      const outcome = await this.#commit(
        [...buffer.conditions, { key: lastEventKey, modRevision: last?.modRevision ?? 0 }],
        [...buffer.operations, ...numberEvents(happened, last)],
      );
      if (outcome.committed) {
        return true;
      }
      if (
        outcome.conflicts.some(({ condition }) => !('key' in condition) || condition.key !== lastEventKey)
      ) {
        return false;
      }
      // Another process took the numbers, and all else is as it was read.
      [last] = outcome.conflicts.flatMap(({ entries }) => entries);
    }
  }

  async #commit(...changes: Parameters<Store['commit']>): ReturnType<Store['commit']> {
    try {
      const outcome = await this.#store.commit(...changes);
      this.#writeFailure = undefined;
      return outcome;
    } catch (error) {
      this.#writeFailure = isRpcError(error, ...writeFailures) ? error : undefined;
      throw error;
    }
  }

  /** Notes why the store cannot be written, or that it can. */
  noteWritable(failure: RpcError | undefined): void {
    this.#writeFailure = failure;
  }

  /** @throws RpcError `STORE_FULL`, `STORE_READ_ONLY`, `STORE_FAILED` when the last write failed for this */
  assertWritable(): void {
    if (this.#writeFailure !== undefined) {
      throw this.#writeFailure;
    }
  }

  /** Writes what is there once more when the last write failed, so that `assertWritable` reports how it is now. */
  async retryWriting(): Promise<void> {
    if (this.#writeFailure === undefined) {
      return;
    }
    await this.#transactions.run(lastEventKey, async () => {
      const { modRevision = 0, value = '0' } = (await this.#store.get(lastEventKey)) ?? {};
      const unchanged = [{ put: lastEventKey, value }];
      await this.#commit([{ key: lastEventKey, modRevision }], unchanged).catch(() => undefined);
    });
  }

  /** Returns the number of the last event. */
  async revision(): Promise<number> {
    return Number((await this.#store.get(lastEventKey))?.value ?? 0);
  }

  /** Lists the keys of a table's records that this version cannot read, where a bad disk or a hand changed them. */
  async invalid<T>(table: Table<T>): Promise<readonly string[]> {
    const { entries, damaged = [] } = await this.#store.range({ prefix: table.prefix, listDamaged: true });
    const invalid = entries.filter(({ key, value }) => !isValid(table, key, value)).map(({ key }) => key);
    return [...damaged, ...invalid];
  }

  /** Writes all of the catalog, as it is at one revision, to a new file. @throws RpcError `BACKUP_EXISTS`, ... */
  backUp(path: string): Promise<void> {
    return writeBackup(this.#store, path);
  }

  /**
   * Returns what the catalog was restored from where nobody has confirmed that yet: files it does not know may matter.
   * Undefined for a catalog that was not restored.
   */
  restoredFrom(): Promise<string | undefined> {
    return this.get(facts, restoredKey);
  }

  /** @param from in words; a restore that is noted already stays as it is */
  async noteRestore(from: string): Promise<void> {
    await this.transact(async (tx) => {
      if ((await tx.get(facts, restoredKey)) === undefined) {
        tx.put(facts, restoredKey, from);
      }
    });
  }

  /** Forgets that the catalog was restored; reports whether it was. */
  confirmRestore(): Promise<boolean> {
    return this.transact(async (tx) => {
      const found = await tx.get(facts, restoredKey);
      if (found !== undefined) {
        tx.delete(facts, restoredKey);
      }
      return found !== undefined;
    });
  }

  /** Reports whether it is a catalog that was in use; a new one, or another store, is not. */
  async hasId(): Promise<boolean> {
    return (await this.get(facts, 'id')) !== undefined;
  }

  /** Returns the catalog's lasting id, made at the first call; a pool is claimed with it. */
  id(): Promise<string> {
    return this.transact(async (tx) => {
      const known = await tx.get(facts, 'id');
      if (known !== undefined) {
        return known;
      }
      const id = randomUUID();
      tx.put(facts, 'id', id);
      return id;
    });
  }

  /** Returns the id of the pool that the catalog's volumes are in; undefined before the first. */
  poolId(): Promise<string | undefined> {
    return this.get(facts, 'pool');
  }

  /** Remembers a prefix of target names, and returns it with all that were in use before. */
  rememberPrefix(prefix: Iqn): Promise<readonly string[]> {
    return this.transact(async (tx) => {
      const known = (await tx.list(facts, 'prefix/')).map(({ value }) => value);
      if (known.includes(prefix)) {
        return known;
      }
      tx.put(facts, `prefix/${prefix}`, prefix);
      return [...known, prefix];
    });
  }

  async rememberPool(poolId: string): Promise<void> {
    await this.transact(async (tx) => {
      if ((await tx.get(facts, 'pool')) !== poolId) {
        tx.put(facts, 'pool', poolId);
      }
    });
  }
}

function isValid<T>(table: Table<T>, key: string, value: string): boolean {
  try {
    parse(table, key, value);
    return true;
  } catch {
    return false;
  }
}

/** Returns the writes of events, numbered from after the last one. */
function numberEvents(happened: readonly EventRecord[], last: Entry | undefined): readonly Operation[] {
  const number = Number(last?.value ?? 0);
  return [
    { put: lastEventKey, value: String(number + happened.length) },
    ...happened.map((event, index) => putOf(events, eventKey(number + index + 1), event)),
  ];
}
