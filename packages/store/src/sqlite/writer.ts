import { quoted } from '@patchbay/objects';

import { storeError } from '../errors.js';
import type { Change, Compare, Conflict, Entry, Operation, Outcome } from '../store.js';
import type { ChangeFeed } from './change-feed.js';
import type { ChangeLog } from './change-log.js';
import type { EntryTable } from './entry-table.js';
import type { LeaseTable } from './lease-table.js';
import type { WhenDurable } from './write-queue.js';

/**
 * Makes commits. Its methods run inside a transaction; what lives in memory follows once that is durable, so that
 * a failed transaction leaves memory and file in agreement.
 */
export class Writer {
  readonly #entries;
  readonly #leases;
  readonly #changes;
  readonly #feed;

  constructor(entries: EntryTable, leases: LeaseTable, changes: ChangeLog, feed: ChangeFeed) {
    this.#entries = entries;
    this.#leases = leases;
    this.#changes = changes;
    this.#feed = feed;
  }

  /** @throws RpcError `LEASE_NOT_FOUND` */
  commit(
    conditions: readonly Compare[],
    operations: readonly Operation[],
    whenDurable: WhenDurable,
  ): Outcome {
    const before = this.#changes.revision;
    const conflicts = conditions.flatMap((condition) => this.#conflict(condition));
    if (conflicts.length > 0) {
      return { committed: false, revision: before, conflicts };
    }
    this.#checkLeases(operations);
    const revision = before + 1;
    const made = operations.flatMap((operation) => this.#apply(operation, revision));
    this.#record(revision, made, whenDurable);
    return { committed: true, revision };
  }

  /** Ends a lease and deletes its keys, as one commit; reports whether it had not ended yet. */
  endLease(leaseId: string, whenDurable: WhenDurable): boolean {
    const hanging = this.#entries.ofLease(leaseId);
    if (hanging.length > 0) {
      const revision = this.#changes.revision + 1;
      hanging.forEach((entry) => {
        this.#entries.delete(entry.key);
      });
      this.#record(
        revision,
        hanging.map((entry) => ({ type: 'delete', entry, revision })),
        whenDurable,
      );
    }
    return this.#leases.delete(leaseId);
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

  #checkLeases(operations: readonly Operation[]): void {
    const leaseIds = operations.flatMap((operation) => ('put' in operation ? (operation.leaseId ?? []) : []));
    for (const leaseId of new Set(leaseIds)) {
      if (!this.#leases.has(leaseId)) {
        throw storeError('LEASE_NOT_FOUND', `the lease ${quoted(leaseId)} has ended; ask for a new one`, {
          details: { leaseId },
        });
      }
    }
  }

  #apply(operation: Operation, revision: number): readonly Change[] {
    if ('put' in operation) {
      const { put: key, value, leaseId } = operation;
      const createRevision = this.#entries.get(key)?.createRevision ?? revision;
      const entry: Entry = { key, value, createRevision, modRevision: revision, leaseId };
      this.#entries.put(entry);
      return [{ type: 'put', entry, revision }];
    }
    const entry = this.#entries.get(operation.delete);
    if (entry === undefined) {
      return [];
    }
    this.#entries.delete(entry.key);
    return [{ type: 'delete', entry, revision }];
  }

  #record(revision: number, made: readonly Change[], whenDurable: WhenDurable): void {
    this.#changes.append(revision, made);
    whenDurable(() => {
      this.#feed.publish(revision, made);
    });
  }
}
