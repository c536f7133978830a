import type { StoreLease } from '../store.js';
import type { Connection } from './database.js';

/** The leases of the store. */
export class LeaseTable {
  readonly #sql;

  constructor(connection: Connection) {
    this.#sql = {
      all: connection.prepare<[], StoreLease>('SELECT lease_id AS leaseId, ttl_ms AS ttlMs FROM leases'),
      keep: connection.prepare<[leaseId: string, ttlMs: number]>(
        'INSERT OR IGNORE INTO leases (lease_id, ttl_ms) VALUES (?, ?)',
      ),
      delete: connection.prepare<[string]>('DELETE FROM leases WHERE lease_id = ?'),
    };
  }

  all(): readonly StoreLease[] {
    return this.#sql.all.all();
  }

  /** Inserts a lease unless it is there. */
  keep({ leaseId, ttlMs }: StoreLease): void {
    this.#sql.keep.run(leaseId, ttlMs);
  }

  /** Deletes a lease that has no keys any more. */
  delete(leaseId: string): void {
    this.#sql.delete.run(leaseId);
  }
}
