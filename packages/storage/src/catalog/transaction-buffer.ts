import { type Compare, keysWith, type Operation, type Page, type Store } from '@patchbay/store';

import type { Actor } from './actor.js';
import { eventOf, type EventRecord, isRecorded } from './events.js';
import { type Keyed, parse, type Transaction } from './records.js';
import type { Table } from './tables.js';

/**
 * One try of a transaction: what it wrote so far, and the conditions on which what it read still holds.
 * A list holds as long as no key of it is written or deleted. The store can tell the first, but a key that is gone
 * leaves nothing to compare; so whoever deletes a record writes a mark of its table too.
 */
export class TransactionBuffer implements Transaction {
  readonly #store: Pick<Store, 'get' | 'range'>;
  /** By what was read; of two reads of the same, the first one's, so that a change between them is noticed. */
  readonly #conditions = new Map<string, Compare>();
  readonly #operations: Operation[] = [];
  readonly #deletedFrom = new Set<string>();
  readonly #written: { readonly table: Table<unknown>; readonly key: string; readonly after: unknown }[] = [];

  constructor(store: Pick<Store, 'get' | 'range'>) {
    this.#store = store;
  }

  async get<T>(table: Table<T>, key: string): Promise<T | undefined> {
    const fullKey = table.prefix + key;
    const entry = await this.#store.get(fullKey);
    this.#require(fullKey, { key: fullKey, modRevision: entry?.modRevision ?? 0 });
    return entry === undefined ? undefined : parse(table, fullKey, entry.value);
  }

  async list<T>(table: Table<T>, within = ''): Promise<readonly Keyed<T>[]> {
    const prefix = table.prefix + within;
    const page = await this.#store.range({ prefix });
    const { revision } = page;
    this.#require(`${prefix}*`, { keys: keysWith(prefix), unwrittenSince: revision });
    const mark = deletionMark(table);
    this.#require(mark, { keys: { from: mark, to: `${mark}\0` }, unwrittenSince: revision });
    return recordsOf(table, page);
  }

  put<T>(table: Table<T>, key: string, value: T): void {
    this.#operations.push(putOf(table, key, value));
    this.#written.push({ table, key, after: value });
  }

  delete<T>(table: Table<T>, key: string): void {
    this.#operations.push({ delete: table.prefix + key });
    this.#deletedFrom.add(deletionMark(table));
    this.#written.push({ table, key, after: undefined });
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  get conditions(): readonly Compare[] {
    return [...this.#conditions.values()];
  }

  get operations(): readonly Operation[] {
    return [...this.#operations, ...Array.from(this.#deletedFrom, (mark) => ({ put: mark, value: '' }))];
  }

  /** Returns the events that the writes amount to. */
  async events(atMs: number, by: Actor | undefined): Promise<readonly EventRecord[]> {
    const happened: EventRecord[] = [];
    for (const { table, key, after } of this.#written.filter((write) => isRecorded(write.table))) {
      const before = await this.get(table, key);
      const event = eventOf({ table, before, after }, atMs, by);
      if (event !== undefined) {
        happened.push(event);
      }
    }
    return happened;
  }

  #require(read: string, condition: Compare): void {
    if (!this.#conditions.has(read)) {
      this.#conditions.set(read, condition);
    }
  }
}

/** Returns the operation that writes a record. */
export function putOf<T>(table: Table<T>, key: string, value: T): Operation {
  return { put: table.prefix + key, value: JSON.stringify(table.schema.parse(value)) };
}

/** Reads the records of a page of a table's entries. */
export function recordsOf<T>(table: Table<T>, { entries }: Page): readonly Keyed<T>[] {
  return entries.map(({ key, value }) => ({
    key: key.slice(table.prefix.length),
    value: parse(table, key, value),
  }));
}

function deletionMark(table: Pick<Table<unknown>, 'prefix'>): string {
  return `deleted/${table.prefix}`;
}
