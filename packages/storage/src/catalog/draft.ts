import { type Operation } from '@patchbay/store';

import { type Actor } from './actor.js';
import { type CatalogReader, type Keyed, type Transaction } from './catalog.js';
import { eventOf, type EventRecord, isTold } from './events.js';
import { type Table } from './tables.js';

/** One try of a transaction: its reads, and its writes so far. */
export class Draft implements Transaction {
  readonly operations: Operation[] = [];
  readonly #reader: CatalogReader;
  readonly #written: { readonly table: Table<unknown>; readonly key: string; readonly after: unknown }[] = [];

  constructor(reader: CatalogReader) {
    this.#reader = reader;
  }

  get<T>(table: Table<T>, key: string): Promise<T | undefined> {
    return this.#reader.get(table, key);
  }

  list<T>(table: Table<T>, within?: string): Promise<readonly Keyed<T>[]> {
    return this.#reader.list(table, within);
  }

  put<T>(table: Table<T>, key: string, value: T): void {
    this.operations.push(putOf(table, key, value));
    this.#written.push({ table, key, after: value });
  }

  delete<T>(table: Table<T>, key: string): void {
    this.operations.push({ delete: table.prefix + key });
    this.#written.push({ table, key, after: undefined });
  }

  /** Gives the events that the writes come to. */
  async events(atMs: number, by: Actor | undefined): Promise<readonly EventRecord[]> {
    const told: EventRecord[] = [];
    for (const { table, key, after } of this.#written.filter((write) => isTold(write.table))) {
      const before = await this.#reader.get(table, key);
      told.push(...[eventOf({ table, before, after }, atMs, by)].filter((event) => event !== undefined));
    }
    return told;
  }
}

/** Gives the operation that writes a record. */
export function putOf<T>(table: Table<T>, key: string, value: T): Operation {
  return { put: table.prefix + key, value: JSON.stringify(table.schema.parse(value)) };
}
