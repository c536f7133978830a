import { crc32 } from 'node:zlib';

import { recordDamaged } from '../errors.js';
import type { Entry, KeyInterval } from '../store.js';
import type { Connection } from './database.js';

/** The columns of an entry, as `entries` and `changes` both have them. */
export const entryColumns = 'key, value, create_revision, mod_revision, lease_id, checksum';

/** An entry as SQLite has it: an array, which it makes in less time than an object. */
export type EntryRow = readonly [
  key: string,
  value: string,
  createRevision: number,
  modRevision: number,
  leaseId: string | null,
  /** CRC-32 of the others; null in what an earlier version has written. */
  checksum: number | null,
];

/** Makes an entry of its row. @throws RpcError `RECORD_DAMAGED` */
export function entryOf(row: EntryRow): Entry {
  if (isDamaged(row)) {
    throw recordDamaged(row[0]);
  }
  return unchecked(row);
}

/** Makes an entry of its row; of a damaged one, without its value. */
function remainsOf(row: EntryRow): Entry {
  return isDamaged(row) ? { ...unchecked(row), value: '' } : unchecked(row);
}

function unchecked([key, value, createRevision, modRevision, leaseId]: EntryRow): Entry {
  return { key, value, createRevision, modRevision, leaseId: leaseId ?? undefined };
}

/** Makes a row of an entry. */
export function rowOf({ key, value, createRevision, modRevision, leaseId }: Entry): EntryRow {
  const checksum = checksumOf(key, value, createRevision, modRevision, leaseId ?? null);
  return [key, value, createRevision, modRevision, leaseId ?? null, checksum];
}

function isDamaged([key, value, createRevision, modRevision, leaseId, checksum]: EntryRow): boolean {
  return checksum !== null && checksum !== checksumOf(key, value, createRevision, modRevision, leaseId);
}

function checksumOf(
  key: string,
  value: string,
  createRevision: number,
  modRevision: number,
  leaseId: string | null,
): number {
  return crc32(`${key}\0${value}\0${String(createRevision)}\0${String(modRevision)}\0${leaseId ?? ''}`);
}

/** The entries of the store. */
export class EntryTable {
  readonly #sql;

  constructor(connection: Connection) {
    const select = <Parameters extends readonly unknown[]>(where: string) =>
      connection
        .prepare<[...Parameters], EntryRow>(`SELECT ${entryColumns} FROM entries WHERE ${where} ORDER BY key`)
        .raw();
    const inInterval = 'key >= ? AND key < ?';
    this.#sql = {
      get: select<[key: string]>('key = ?'),
      scan: select<[from: string, to: string]>(inInterval),
      writtenSince: select<[from: string, to: string, revision: number]>(
        `${inInterval} AND mod_revision > ?`,
      ),
      ofLease: select<[leaseId: string]>('lease_id = ?'),
      count: connection
        .prepare<[from: string, to: string], number>(`SELECT count(*) FROM entries WHERE ${inInterval}`)
        .pluck(),
      put: connection.prepare<[...EntryRow]>(
        `INSERT OR REPLACE INTO entries (${entryColumns}) VALUES (?, ?, ?, ?, ?, ?)`,
      ),
      delete: connection.prepare<[string]>('DELETE FROM entries WHERE key = ?'),
    };
  }

  get(key: string): Entry | undefined {
    const row = this.#sql.get.get(key);
    return row === undefined ? undefined : entryOf(row);
  }

  /** Returns the entry of a key; of a damaged one, without its value. */
  remains(key: string): Entry | undefined {
    const row = this.#sql.get.get(key);
    return row === undefined ? undefined : remainsOf(row);
  }

  /** Returns the first entries of an interval; adds the keys of damaged ones to a list, if there is one. */
  scan({ from, to }: KeyInterval, limit = Infinity, damaged?: string[]): Entry[] {
    const entries: Entry[] = [];
    // Cut off here: with a LIMIT the shortest scan takes SQLite five times as long.
    for (const row of this.#sql.scan.iterate(from, to)) {
      if (damaged !== undefined && isDamaged(row)) {
        damaged.push(row[0]);
      } else if (entries.push(entryOf(row)) >= limit) {
        break;
      }
    }
    return entries;
  }

  /** Returns the entries of an interval that were written after a revision. */
  writtenSince({ from, to }: KeyInterval, revision: number): Entry[] {
    return this.#sql.writtenSince.all(from, to, revision).map(entryOf);
  }

  count({ from, to }: KeyInterval): number {
    return this.#sql.count.get(from, to) ?? 0;
  }

  /** Returns the entries of a lease; damaged ones without their values. */
  ofLease(leaseId: string): readonly Entry[] {
    return this.#sql.ofLease.all(leaseId).map(remainsOf);
  }

  put(entry: Entry): void {
    this.#sql.put.run(...rowOf(entry));
  }

  delete(key: string): void {
    this.#sql.delete.run(key);
  }
}
