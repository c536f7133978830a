import { quoted } from '@patchbay/objects';

import { storeError } from '../errors.js';
import { keyInterval } from '../keys.js';
import { keyOf } from '../operations.js';
import { type Change, type Compare, type Entry, type Operation, type Outcome } from '../store.js';
import { type ChangeFeed } from './change-feed.js';
import { type ChangeLog } from './change-log.js';
import { type EntryTable } from './entry-table.js';
import { type LeaseDeadlines } from './lease-deadlines.js';
import { type LeaseTable } from './lease-table.js';
import { type WhenDurable } from './write-queue.js';

/** What a writer works on. */
export interface WriterParts {
  readonly entries: EntryTable;
  readonly leases: LeaseTable;
  readonly deadlines: LeaseDeadlines;
  readonly changes: ChangeLog;
  readonly feed: ChangeFeed;
  /** Beginnings of the keys whose changes are not recorded. */
  readonly unwatched: readonly string[];
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
    if (!conditions.every((condition) => this.#holds(condition, whenDurable))) {
      return { committed: false, revision: changes.revision };
    }
    this.#checkLeases(operations);
    const current = new Map(operations.map(keyOf).map((key) => [key, this.#current(key, whenDurable)]));
    const revision = changes.revision + 1;
    const made: Change[] = [];
    for (const operation of operations) {
      const change = this.#apply(operation, current.get(keyOf(operation)), revision);
      if (change !== undefined) {
        made.push(change);
      }
    }
    this.#record(revision, made, whenDurable);
    return { committed: true, revision };
  }

  /** Ends a lease and deletes what hangs on it, as one commit; says whether it had not ended yet. */
  endLease(leaseId: string, whenDurable: WhenDurable): boolean {
    const { entries, leases, deadlines, changes } = this.#parts;
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
    whenDurable(() => {
      deadlines.end(leaseId);
    });
    return leases.delete(leaseId);
  }

  #holds(condition: Compare, whenDurable: WhenDurable): boolean {
    if ('key' in condition) {
      return (this.#current(condition.key, whenDurable)?.modRevision ?? 0) === condition.modRevision;
    }
    const { entries, deadlines } = this.#parts;
    for (const { modRevision, leaseId } of entries.scan(keyInterval(condition.prefix))) {
      const isLive = leaseId === undefined || deadlines.isLive(leaseId);
      if (isLive && modRevision > condition.unwrittenSince) {
        return false;
      }
    }
    return true;
  }

  /** Gives a key's entry; when its lease has passed unswept, that ends first. */
  #current(key: string, whenDurable: WhenDurable): Entry | undefined {
    const { entries, deadlines } = this.#parts;
    const entry = entries.get(key);
    if (entry?.leaseId === undefined || deadlines.isLive(entry.leaseId)) {
      return entry;
    }
    this.endLease(entry.leaseId, whenDurable);
    return undefined;
  }

  #checkLeases(operations: readonly Operation[]): void {
    const { leases, deadlines } = this.#parts;
    for (const operation of operations) {
      const leaseId = 'put' in operation ? operation.leaseId : undefined;
      // Memory knows the time; the file knows of an end earlier in this transaction.
      if (leaseId !== undefined && !(deadlines.isLive(leaseId) && leases.has(leaseId))) {
        throw leaseNotFound(leaseId);
      }
    }
  }

  #apply(operation: Operation, current: Entry | undefined, revision: number): Change | undefined {
    const { entries } = this.#parts;
    if ('put' in operation) {
      const { put: key, value, leaseId } = operation;
      const createRevision = current?.createRevision ?? revision;
      const entry: Entry = { key, value, createRevision, modRevision: revision, leaseId };
      entries.put(entry);
      return { type: 'put', entry, revision };
    }
    if (current === undefined) {
      return undefined;
    }
    entries.delete(current.key);
    return { type: 'delete', entry: current, revision };
  }

  #record(revision: number, made: readonly Change[], whenDurable: WhenDurable): void {
    const { changes, feed, unwatched } = this.#parts;
    const watched = made.filter(({ entry }) => !unwatched.some((prefix) => entry.key.startsWith(prefix)));
    changes.append(revision, watched);
    whenDurable(() => {
      feed.publish(revision, watched);
    });
  }
}

function leaseNotFound(leaseId: string): Error {
  return storeError('LEASE_NOT_FOUND', `the lease ${quoted(leaseId)} has ended; ask for a new one`, {
    details: { leaseId },
  });
}
