import { storeError } from '../errors.js';
import type { Change, KeyInterval } from '../store.js';
import type { Connection } from './database.js';
import { entryColumns, entryOf, type EntryRow } from './entry-table.js';

/** How many changes a watcher reads at once; a larger commit is still read whole. */
const pageSize = 256;

interface ChangeRow extends EntryRow {
  readonly type: 'put' | 'delete';
  readonly revision: number;
}

interface State {
  readonly revision: number;
  readonly compacted: number;
}

/** Some of the history: whole commits, each with at least one change, and the revision that they reach to. */
export interface History {
  readonly commits: readonly (readonly Change[])[];
  readonly reachedRevision: number;
}

/** The store's revision, and the changes that led to it as far as they have not been compacted. */
export class ChangeLog {
  readonly #keptRevisions: number;
  /** How many revisions pass between two compactions: to delete them together costs less than one by one. */
  readonly #compactedTogether: number;
  readonly #sql;

  /** @param keptRevisions - how many of the last revisions are never compacted */
  constructor(connection: Connection, keptRevisions: number) {
    this.#keptRevisions = keptRevisions;
    this.#compactedTogether = Math.ceil((keptRevisions + 1) / 10);
    this.#sql = {
      state: connection.prepare<[], State>('SELECT revision, compacted FROM state'),
      setRevision: connection.prepare<[number]>('UPDATE state SET revision = ?'),
      setCompacted: connection.prepare<[number]>('UPDATE state SET compacted = ?'),
      append: connection.prepare<[ChangeRow & { readonly position: number }]>(
        'INSERT INTO changes (revision, position, type, key, value, create_revision, mod_revision, lease_id) ' +
          'VALUES (@revision, @position, @type, @key, @value, @createRevision, @modRevision, @leaseId)',
      ),
      since: connection.prepare<[KeyInterval & { readonly revision: number }], ChangeRow>(
        `SELECT revision, type, ${entryColumns} FROM changes ` +
          'WHERE revision > @revision AND key >= @from AND key < @to ORDER BY revision, position',
      ),
      forget: connection.prepare<[number]>('DELETE FROM changes WHERE revision <= ?'),
    };
  }

  get revision(): number {
    return this.#read().revision;
  }

  /** Records a commit's changes and makes its revision, which they carry, the store's. */
  append(revision: number, changes: readonly Change[]): void {
    this.#sql.setRevision.run(revision);
    changes.forEach(({ type, entry }, position) => {
      this.#sql.append.run({ ...entry, leaseId: entry.leaseId ?? null, type, revision, position });
    });
    if (revision % this.#compactedTogether === 0) {
      this.compact();
    }
  }

  /** Returns the next commits after a revision that changed keys of an interval. @throws RpcError `REVISION_COMPACTED` */
  since(fromRevision: number, interval: KeyInterval): History {
    const { revision, compacted } = this.#read();
    if (fromRevision < compacted || fromRevision > revision) {
      throw storeError(
        'REVISION_COMPACTED',
        `there is no history from revision ${String(fromRevision)} on, only from ${String(compacted)} to ` +
          `${String(revision)}; read the entries again and watch from their revision`,
        { details: { fromRevision, compactedRevision: compacted, revision } },
      );
    }
    const commits: Change[][] = [];
    let read = 0;
    let last = fromRevision;
    for (const row of this.#sql.since.iterate({ revision: fromRevision, ...interval })) {
      if (row.revision !== last) {
        if (read >= pageSize) {
          return { commits, reachedRevision: last };
        }
        commits.push([]);
        last = row.revision;
      }
      commits.at(-1)?.push({ type: row.type, entry: entryOf(row), revision: row.revision });
      read += 1;
    }
    return { commits, reachedRevision: revision };
  }

  /** Forgets the changes that lie further back than the revisions that are kept. */
  compact(): void {
    const { revision, compacted } = this.#read();
    const target = revision - this.#keptRevisions;
    if (target > compacted) {
      this.#sql.setCompacted.run(target);
      this.#sql.forget.run(target);
    }
  }

  #read(): State {
    const state = this.#sql.state.get();
    if (state === undefined) {
      throw storeError('STORE_DAMAGED', 'the store has lost its revision; restore it from a backup');
    }
    return state;
  }
}
