import { randomUUID } from 'node:crypto';

import { type Operation, type Store } from '@patchbay/store';

import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import { type Iqn } from '../names.js';
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

const versionKey = 'version';

/**
 * What the storage object knows: typed records in a store. The catalog is the truth; the pool's files and the
 * targets are made after it.
 */
export class Catalog implements CatalogReader {
  readonly #store: Store;
  readonly #transactions = new KeyedMutex();
  #forgottenTo = 0;

  constructor(store: Store) {
    this.#store = store;
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
        const operations: Operation[] = [];
        const result = await change({
          get: (table, key) => this.get(table, key),
          list: (table, within) => this.list(table, within),
          put: (table, key, value) => {
            operations.push({ put: table.prefix + key, value: JSON.stringify(table.schema.parse(value)) });
          },
          delete: (table, key) => {
            operations.push({ delete: table.prefix + key });
          },
        });
        if (operations.length === 0) {
          return result;
        }
        const outcome = await this.#store.commit(
          [{ key: versionKey, modRevision: version?.modRevision ?? 0 }],
          [{ put: versionKey, value: '' }, ...operations],
        );
        if (outcome.committed) {
          return result;
        }
      }
    });
  }

  /** Forgets former values, which nobody here asks for, so that the store does not grow for ever. */
  async forgetHistory(): Promise<void> {
    const revision = await this.#store.revision();
    if (revision > this.#forgottenTo) {
      await this.#store.compact(revision);
      this.#forgottenTo = revision;
    }
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

function parse<T>(table: Table<T>, key: string, value: string): T {
  try {
    return table.schema.parse(JSON.parse(value));
  } catch (error) {
    throw new Error(`the catalog's record "${key}" is not valid`, { cause: error });
  }
}
