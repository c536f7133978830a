import { quoted } from '@patchbay/objects';

import { storeError } from '../errors.js';
import type { Change, Compare, Conflict, Entry, Operation, Outcome } from '../store.js';
import type { ChangeFeed } from './change-feed.js';
import type { ChangeLog } from './change-log.js';
import type { EntryTable } from './entry-table.js';
import type { LeaseTable } from './lease-table.js';
import type { WhenDurable } from './write-queue.js';

/** The tables and the feed that a writer writes to. */
export interface WriterParts {
  readonly entries: EntryTable;
  readonly leases: LeaseTable;
  readonly changes: ChangeLog;
  readonly feed: ChangeFeed;
}

/**
 * Makes commits. Its methods run inside a transaction; what lives in memory follows once that is durable, so that
 * a failed transaction leaves memory and file in agreement.
 */
export class Writer {
  readonly #parts: WriterParts;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** @throws RpcError `LEASE_NOT_FOUND` */
  commit(
    conditions: readonly Compare[],
    operations: readonly Operation[],
    whenDurable: WhenDurable,
  ): Outcome {
    const { changes } = this.#parts;
    const before = changes.revision;
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
    const { entries, leases, changes } = this.#parts;
    const hanging = entries.ofLease(leaseId);
    if (hanging.length > 0) {
      const revision = changes.revision + 1;
      hanging.forEach((entry) => {
        entries.delete(entry.key);
      });
      this.#record(
        revision,
        hanging.map((entry) => ({ type: 'delete', entry, revision })),
        whenDurable,
      );
    }
    return leases.delete(leaseId);
  }

  /** Returns the entries for which a condition does not hold; nothing when it holds. */
  #conflict(condition: Compare): readonly Conflict[] {
    const { entries } = this.#parts;
    if ('key' in condition) {
      const entry = entries.get(condition.key);
      const holds = (entry?.modRevision ?? 0) === condition.modRevision;
      return holds ? [] : [{ condition, entries: entry === undefined ? [] : [entry] }];
    }
    const newer = entries.writtenSince(condition.keys, condition.unwrittenSince);
    return newer.length === 0 ? [] : [{ condition, entries: newer }];
  }

  #checkLeases(operations: readonly Operation[]): void {
    const checked = new Set<string>();
    for (const operation of operations) {
      const leaseId = 'put' in operation ? operation.leaseId : undefined;
      if (leaseId === undefined || checked.has(leaseId)) {
        continue;
      }
      if (!this.#parts.leases.has(leaseId)) {
        throw leaseNotFound(leaseId);
      }
      checked.add(leaseId);
    }
  }

  #apply(operation: Operation, revision: number): readonly Change[] {
    const { entries } = this.#parts;
    if ('put' in operation) {
      const { put: key, value, leaseId } = operation;
      const createRevision = entries.get(key)?.createRevision ?? revision;
      const entry: Entry = { key, value, createRevision, modRevision: revision, leaseId };
      entries.put(entry);
      return [{ type: 'put', entry, revision }];
    }
    const entry = entries.get(operation.delete);
    if (entry === undefined) {
      return [];
    }
    entries.delete(entry.key);
    return [{ type: 'delete', entry, revision }];
  }

  #record(revision: number, made: readonly Change[], whenDurable: WhenDurable): void {
    const { changes, feed } = this.#parts;
    changes.append(revision, made);
    whenDurable(() => {
      feed.publish(revision, made);
    });
  }
}

function leaseNotFound(leaseId: string): Error {
  return storeError('LEASE_NOT_FOUND', `the lease ${quoted(leaseId)} has ended; ask for a new one`, {
    details: { leaseId },
  });
}
