import type { Table } from './tables.js';

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

/** Reads a record's value. @throws Error when it is not one of the table's */
export function parse<T>(table: Table<T>, key: string, value: string): T {
  try {
    return table.schema.parse(JSON.parse(value));
  } catch (error) {
    throw new Error(`the catalog's record "${key}" is not valid`, { cause: error });
  }
}
