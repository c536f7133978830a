import { quoted } from '@patchbay/objects';

import { storeError } from '../errors.js';
import type { Change, Compare, Conflict, Entry, Operation, Outcome } from '../store.js';
import type { ChangeFeed } from '../change-feed.js';
import type { ChangeLog } from './change-log.js';
import type { Connection } from './database.js';
import type { EntryTable } from './entry-table.js';
import type { LeaseExpiry } from './lease-expiry.js';
import type { LeaseTable } from './lease-table.js';

/** What a writer writes, and whom it tells. */
interface WriterParts {
  readonly connection: Connection;
  readonly entries: EntryTable;
  readonly leases: LeaseTable;
  readonly expiry: LeaseExpiry;
  readonly changes: ChangeLog;
  readonly feed: ChangeFeed;
}

/**
 * Makes commits, any number in a transaction. Watchers are told once that is durable, and a transaction that fails leaves
 * memory and file in agreement.
 */
export class Writer {
  readonly #entries;
  readonly #leases;
  readonly #expiry;
  readonly #changes;
  readonly #feed;
  readonly #transaction;
  /** The changes of each commit of the transaction. */
  #made: (readonly Change[])[] = [];

  constructor({ connection, entries, leases, expiry, changes, feed }: WriterParts) {
    this.#entries = entries;
    this.#leases = leases;
    this.#expiry = expiry;
    this.#changes = changes;
    this.#feed = feed;
    this.#transaction = connection.transaction((work: () => void) => {
      work();
      this.#changes.save();
    });
  }

  /** Runs work, which calls the methods below, as one transaction. */
  inTransaction(work: () => void): void {
    this.#made = [];
    try {
      this.#transaction.immediate(work);
    } catch (error) {
      this.#changes.restore();
      throw error;
    }
    if (this.#made.length > 0) {
      this.#feed.publish(this.#changes.revision, this.#made);
    }
  }

  /** @throws RpcError `LEASE_NOT_FOUND` */
  commit(conditions: readonly Compare[], operations: readonly Operation[]): Outcome {
    const before = this.#changes.revision;
    const conflicts = conditions.flatMap((condition) => this.#conflict(condition));
    if (conflicts.length > 0) {
      return { committed: false, revision: before, conflicts };
    }
    this.#keepLeases(operations);
    const revision = before + 1;
    const made = operations.flatMap((operation) => this.#apply(operation, revision));
    this.#record(revision, made);
    return { committed: true, revision: this.#changes.revision };
  }

  /** Deletes a lease that has ended, and its keys, as one commit. */
  endLease(leaseId: string): void {
    const revision = this.#changes.revision + 1;
    const hanging = this.#entries.ofLease(leaseId);
    hanging.forEach((entry) => {
      this.#entries.delete(entry.key);
    });
    this.#record(
      revision,
      hanging.map((entry) => ({ type: 'delete', entry, revision })),
    );
    this.#leases.delete(leaseId);
  }

  /** Returns the entries for which a condition does not hold; nothing when it holds. */
  #conflict(condition: Compare): readonly Conflict[] {
    if ('key' in condition) {
      const entry = this.#entries.get(condition.key);
      const holds = (entry?.modRevision ?? 0) === condition.modRevision;
      return holds ? [] : [{ condition, entries: entry === undefined ? [] : [entry] }];
    }
    const newer = this.#entries.writtenSince(condition.keys, condition.unwrittenSince);
    return newer.length === 0 ? [] : [{ condition, entries: newer }];
  }

  /** Writes the leases of operations, which are durable from here on. */
  #keepLeases(operations: readonly Operation[]): void {
    const leaseIds = new Set(
      operations.flatMap((operation) => ('put' in operation ? (operation.leaseId ?? []) : [])),
    );
    const leases = Array.from(leaseIds, (leaseId) => {
      const lease = this.#expiry.get(leaseId);
      if (lease === undefined) {
        throw storeError('LEASE_NOT_FOUND', `the lease ${quoted(leaseId)} has ended; ask for a new one`, {
          details: { leaseId },
        });
      }
      return lease;
    });
    leases.forEach((lease) => {
      this.#leases.keep(lease);
    });
  }

  #apply(operation: Operation, revision: number): readonly Change[] {
    if ('put' in operation) {
      const { put: key, value, leaseId } = operation;
      const createRevision = this.#entries.remains(key)?.createRevision ?? revision;
      const entry: Entry = { key, value, createRevision, modRevision: revision, leaseId };
      this.#entries.put(entry);
      return [{ type: 'put', entry, revision }];
    }
    const entry = this.#entries.remains(operation.delete);
    if (entry === undefined) {
      return [];
    }
    this.#entries.delete(entry.key);
    return [{ type: 'delete', entry, revision }];
  }

  /** Makes a revision of changes, if there are any. */
  #record(revision: number, made: readonly Change[]): void {
    if (made.length > 0) {
      this.#changes.append(revision, made);
      this.#made.push(made);
    }
  }
}
