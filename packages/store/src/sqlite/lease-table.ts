import type { Statement } from 'better-sqlite3';

import type { StoreLease } from '../store.js';
import type { Connection } from './database.js';

/** The leases of the store. */
export class LeaseTable {
  readonly #all: Statement<[], StoreLease>;
  readonly #has: Statement<[string], number>;
  readonly #insert: Statement<[StoreLease]>;
  readonly #delete: Statement<[string]>;

  constructor(connection: Connection) {
    this.#all = connection.prepare('SELECT lease_id AS leaseId, ttl_ms AS ttlMs FROM leases');
    this.#has = connection.prepare<[string], number>('SELECT 1 FROM leases WHERE lease_id = ?').pluck();
    this.#insert = connection.prepare('INSERT INTO leases (lease_id, ttl_ms) VALUES (@leaseId, @ttlMs)');
    this.#delete = connection.prepare('DELETE FROM leases WHERE lease_id = ?');
  }

  all(): readonly StoreLease[] {
    return this.#all.all();
  }

  has(leaseId: string): boolean {
    return this.#has.get(leaseId) !== undefined;
  }

  insert(lease: StoreLease): void {
    this.#insert.run(lease);
  }

  /** Deletes a lease that has no keys any more; reports whether it was there. */
  delete(leaseId: string): boolean {
    return this.#delete.run(leaseId).changes > 0;
  }
}
