import type { StoreLease } from '../store.js';
import type { Connection } from './database.js';

/** The leases of the store. */
export class LeaseTable {
  readonly #sql;

  constructor(connection: Connection) {
    this.#sql = {
      all: connection.prepare<[], StoreLease>('SELECT lease_id AS leaseId, ttl_ms AS ttlMs FROM leases'),
      has: connection.prepare<[string]>('SELECT 1 FROM leases WHERE lease_id = ?'),
      insert: connection.prepare<StoreLease>(
        'INSERT INTO leases (lease_id, ttl_ms) VALUES (@leaseId, @ttlMs)',
      ),
      delete: connection.prepare<[string]>('DELETE FROM leases WHERE lease_id = ?'),
    };
  }

  all(): readonly StoreLease[] {
    return this.#sql.all.all();
  }

  has(leaseId: string): boolean {
    return this.#sql.has.get(leaseId) !== undefined;
  }

  insert(lease: StoreLease): void {
    this.#sql.insert.run(lease);
  }

  /** Deletes a lease that has no keys any more; reports whether it was there. */
  delete(leaseId: string): boolean {
    return this.#sql.delete.run(leaseId).changes > 0;
  }
}
