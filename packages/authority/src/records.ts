import type { Compare, Entry, Operation, Store } from '@patchbay/store';

import { authorityError } from './errors.js';
import { isRecordKind, type RecordKind, type RecordOf, schemaOf } from './record-schemas.js';

const prefix = 'identity/';

/** A record to be written, or, without a value, deleted. The cluster's own record has the name `''`. */
export type RecordChange = {
  [K in RecordKind]: { readonly kind: K; readonly name: string; readonly value: RecordOf<K> | undefined };
}[RecordKind];

/** What a change writes, and what its caller gets once that is on disk. */
export interface Planned<T> {
  readonly changes: readonly RecordChange[];
  readonly result: T;
}

/** Called after each commit, with what it changed. */
type Observe = (changes: readonly RecordChange[], revision: number) => void;

interface Known {
  readonly value: unknown;
  readonly modRevision: number;
}

/** How often a change is planned anew because of other processes. */
const maxTries = 20;

/** How many records of a kind there may be. */
export const maxRecords: Readonly<Record<RecordKind, number>> = {
  cluster: 1,
  root: 16,
  host: 100_000,
  variables: 100_000,
  user: 100_000,
  token: 10_000,
  key: 10_000,
  grant: 10_000,
  revocation: 10_000,
};

/** The authority's records: all are known, and every change is one commit that takes place if nothing else changed them. */
export class Records {
  readonly #store: Store;
  readonly #known = new Map<RecordKind, Map<string, Known>>();
  #observe: Observe = () => undefined;
  #revision = 0;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Reads the records of a store. */
  static async open(store: Store): Promise<Records> {
    const records = new Records(store);
    const { entries, revision } = await store.range({ prefix });
    records.#revision = revision;
    for (const entry of entries) {
      records.#learn(entry.key, entry);
    }
    return records;
  }

  /** Sets who is told of each commit, with what it changed. */
  observe(observe: Observe): void {
    this.#observe = observe;
  }

  /** The revision of the last commit here. */
  get revision(): number {
    return this.#revision;
  }

  /** Returns a record. */
  get<K extends RecordKind>(kind: K, name: string): RecordOf<K> | undefined {
    return this.#known.get(kind)?.get(name)?.value as RecordOf<K> | undefined;
  }

  /** Returns all records of a kind, by their names. */
  all<K extends RecordKind>(kind: K): [name: string, record: RecordOf<K>][] {
    const known = [...(this.#known.get(kind) ?? [])] as [string, { readonly value: RecordOf<K> }][];
    return known.map(([name, { value }]) => [name, value]);
  }

  count(kind: RecordKind): number {
    return this.#known.get(kind)?.size ?? 0;
  }

  /** @throws RpcError `RECORDS_EXHAUSTED` where there is no room for another record of a kind */
  checkRoom(kind: RecordKind): void {
    const limit = maxRecords[kind];
    if (this.count(kind) >= limit) {
      throw authorityError(
        'RECORDS_EXHAUSTED',
        `there are ${String(limit)} records of kind ${kind}, as many as there may be; remove some`,
        { details: { kind, limit } },
      );
    }
  }

  /**
   * Makes a change, after those that began before: what it plans from the records is written in one commit, on condition
   * that the records that it writes are still those on disk. Where they are not, it is planned anew.
   */
  change<T>(plan: () => Planned<T> | Promise<Planned<T>>): Promise<T> {
    const change = this.#last.then(() => this.#change(plan));
    this.#last = change.catch(() => undefined);
    return change;
  }

  async #change<T>(plan: () => Planned<T> | Promise<Planned<T>>): Promise<T> {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const { changes, result } = await plan();
      if (changes.length === 0) {
        return result;
      }
      const conditions = changes.map((change): Compare => {
        const modRevision = this.#known.get(change.kind)?.get(change.name)?.modRevision ?? 0;
        return { key: keyOf(change), modRevision };
      });
      const operations = changes.map((change): Operation =>
        change.value === undefined
          ? { delete: keyOf(change) }
          : { put: keyOf(change), value: JSON.stringify(change.value) },
      );
      const outcome = await this.#store.commit(conditions, operations);
      if (outcome.committed) {
        this.#revision = outcome.revision;
        for (const change of changes) {
          this.#put(change.kind, change.name, change.value, outcome.revision);
        }
        this.#observe(changes, outcome.revision);
        return result;
      }
      for (const { condition, entries } of outcome.conflicts) {
        if ('key' in condition) {
          this.#learn(condition.key, entries[0]);
        }
      }
    }
    throw new Error('other changes of the same records kept coming');
  }

  #learn(key: string, entry: Entry | undefined): void {
    const [kind = '', ...rest] = key.slice(prefix.length).split('/');
    if (!isRecordKind(kind)) {
      return; // of a later version
    }
    const value = entry === undefined ? undefined : schemaOf(kind).parse(JSON.parse(entry.value));
    this.#put(kind, rest.join('/'), value, entry?.modRevision ?? 0);
  }

  #put(kind: RecordKind, name: string, value: unknown, modRevision: number): void {
    let known = this.#known.get(kind);
    if (known === undefined) {
      known = new Map();
      this.#known.set(kind, known);
    }
    if (value === undefined) {
      known.delete(name);
    } else {
      known.set(name, { value, modRevision });
    }
  }
}

/** Returns the key of the store under which a record is. */
export function keyOf({ kind, name }: { readonly kind: RecordKind; readonly name: string }): string {
  return name === '' ? `${prefix}${kind}` : `${prefix}${kind}/${name}`;
}
