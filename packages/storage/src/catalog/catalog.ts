import { randomUUID } from 'node:crypto';

import { type Clock, isRpcError, type RpcError, systemClock } from '@patchbay/objects';
import { type Store, writeBackup } from '@patchbay/store';

import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import { type Iqn } from '../names.js';
import { Actors } from './actor.js';
import { Draft, putOf } from './draft.js';
import { eventKey, events } from './events.js';
import { facts, type Table } from './tables.js';

/** A record with the key that it stands under. */
export interface Keyed<T> {
  readonly key: string;
  readonly value: T;
}

/** Reads of the catalog's tables. */
export interface CatalogReader {
  get<T>(table: Table<T>, key: string): Promise<T | undefined>;
  /** Lists a table's records whose keys begin with `within` (default: all), in the order of their keys. */
  list<T>(table: Table<T>, within?: string): Promise<readonly Keyed<T>[]>;
}

/** Reads and writes that take effect together, or not at all. Reads do not see the transaction's own writes. */
export interface Transaction extends CatalogReader {
  put<T>(table: Table<T>, key: string, value: T): void;
  delete<T>(table: Table<T>, key: string): void;
}

/** Why nothing can be written, while reads may go on. */
const writeFailures = ['STORE_FULL', 'STORE_READ_ONLY', 'STORE_FAILED'] as const;
/** Its value is the number of the last event. */
const versionKey = 'version';
/** The fact that the catalog is a restored backup. */
const restoredKey = 'restored';

/**
 * What the storage object knows: typed records in a store. The catalog is the truth; the pool's files and the
 * targets are made after it.
 */
export class Catalog implements CatalogReader {
  /** Whoever works with the catalog does so on somebody's behalf, which its events tell. */
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
    const { entries } = await this.#store.range({ prefix: table.prefix + within });
    return entries.map(({ key, value }) => ({
      key: key.slice(table.prefix.length),
      value: parse(table, key, value),
    }));
  }

  /**
   * Runs `change` and commits what it wrote, durably; what it throws leaves everything as it was. It may run
   * more than once. Transactions follow one another: every one is conditioned on, and writes, one version key,
   * so that what `change` read (also that something is not there) still holds when it is committed.
   */
  transact<T>(change: (tx: Transaction) => T | Promise<T>): Promise<T> {
    return this.#transactions.run(versionKey, async () => {
      for (;;) {
        const version = await this.#store.get(versionKey);
        const draft = new Draft(this);
        const result = await change(draft);
        if (draft.operations.length === 0) {
          return result;
        }
        const told = await draft.events(this.#clock.now(), this.actors.current);
        const revision = Number(version?.value ?? 0);
        const outcome = await this.#commit(
          [{ key: versionKey, modRevision: version?.modRevision ?? 0 }],
          [
            { put: versionKey, value: String(revision + told.length) },
            ...draft.operations,
            ...told.map((event, index) => putOf(events, eventKey(revision + index + 1), event)),
          ],
        );
        if (outcome.committed) {
          return result;
        }
      }
    });
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

  /** @throws RpcError `STORE_FULL`, `STORE_READ_ONLY`, `STORE_FAILED` when the last write failed for this */
  assertWritable(): void {
    if (this.#writeFailure !== undefined) {
      throw this.#writeFailure;
    }
  }

  /** Writes what is there once more when the last write failed, so that `assertWritable` tells how it is now. */
  async retryWriting(): Promise<void> {
    if (this.#writeFailure === undefined) {
      return;
    }
    await this.#transactions.run(versionKey, async () => {
      const { modRevision = 0, value = '0' } = (await this.#store.get(versionKey)) ?? {};
      const unchanged = [{ put: versionKey, value }];
      await this.#commit([{ key: versionKey, modRevision }], unchanged).catch(() => undefined);
    });
  }

  /** Gives the number of the last event. */
  async revision(): Promise<number> {
    return Number((await this.#store.get(versionKey))?.value ?? 0);
  }

  /** Lists the keys of a table's records that this version cannot read, where a bad disk or a hand changed them. */
  async invalid<T>(table: Table<T>): Promise<readonly string[]> {
    const { entries } = await this.#store.range({ prefix: table.prefix });
    return entries.filter(({ key, value }) => !isValid(table, key, value)).map(({ key }) => key);
  }

  /** Writes all of the catalog, as it is at one revision, to a new file. @throws RpcError `BACKUP_EXISTS`, ... */
  backUp(path: string): Promise<void> {
    return writeBackup(this.#store, path);
  }

  /** Says whether the catalog is a restored backup that nobody has confirmed: files it does not know may matter. */
  async isRestored(): Promise<boolean> {
    return (await this.get(facts, restoredKey)) !== undefined;
  }

  /** Notes that the catalog was restored from a backup. */
  async noteRestore(from: string): Promise<void> {
    await this.transact((tx) => {
      tx.put(facts, restoredKey, from);
    });
  }

  /** Forgets that the catalog was restored; says whether it was. */
  confirmRestore(): Promise<boolean> {
    return this.transact(async (tx) => {
      const found = await tx.get(facts, restoredKey);
      if (found !== undefined) {
        tx.delete(facts, restoredKey);
      }
      return found !== undefined;
    });
  }

  /** Says whether it is a catalog that was in use; a new one, or another store, is not. */
  async hasId(): Promise<boolean> {
    return (await this.get(facts, 'id')) !== undefined;
  }

  /** Gives the catalog's lasting id, made at the first call; a pool is claimed with it. */
  id(): Promise<string> {
    return this.transact(async (tx) => {
      const known = await tx.get(facts, 'id');
      const id = known ?? randomUUID();
      if (known === undefined) {
        tx.put(facts, 'id', id);
      }
      return id;
    });
  }

  /** Gives the id of the pool that the catalog's volumes are in; undefined before the first. */
  poolId(): Promise<string | undefined> {
    return this.get(facts, 'pool');
  }

  /** Remembers a prefix of target names, and gives it with all that were in use before. */
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
    await this.transact((tx) => {
      tx.put(facts, 'pool', poolId);
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

/** Reads a record's value. @throws Error when it is not one of the table's */
export function parse<T>(table: Table<T>, key: string, value: string): T {
  try {
    return table.schema.parse(JSON.parse(value));
  } catch (error) {
    throw new Error(`the catalog's record "${key}" is not valid`, { cause: error });
  }
}
