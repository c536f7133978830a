import type { History } from '../change-feed.js';
import { storeError } from '../errors.js';
import type { Change, KeyInterval } from '../store.js';
import type { Connection } from './database.js';
import { entryColumns, entryOf, type EntryRow, rowOf } from './entry-table.js';

/** How many changes a watcher reads at once; a larger commit is still read whole. */
const pageSize = 256;

type ChangeRow = readonly [revision: number, type: Change['type'], ...EntryRow];

interface State {
  readonly revision: number;
  readonly compacted: number;
}

/**
 * The store's revision, and the changes that led to it as far as they have not been compacted. The two numbers are in
 * memory; those in the file follow once a transaction, with `save`.
 */
export class ChangeLog {
  readonly #keptRevisions: number;
  /** How many revisions pass between two compactions: to delete them together costs less than one by one. */
  readonly #compactedTogether: number;
  readonly #sql;
  #state: State;

  /** @param keptRevisions - how many of the last revisions are never compacted */
  constructor(connection: Connection, keptRevisions: number) {
    this.#keptRevisions = keptRevisions;
    this.#compactedTogether = Math.ceil((keptRevisions + 1) / 10);
    this.#sql = {
      state: connection.prepare<[], State>('SELECT revision, compacted FROM state'),
      save: connection.prepare<[State]>('UPDATE state SET revision = @revision, compacted = @compacted'),
      append: connection.prepare<[position: number, ...ChangeRow]>(
        `INSERT INTO changes (position, revision, type, ${entryColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      since: connection
        .prepare<[revision: number, from: string, to: string], ChangeRow>(
          `SELECT revision, type, ${entryColumns} FROM changes ` +
            'WHERE revision > ? AND key >= ? AND key < ? ORDER BY revision, position',
        )
        .raw(),
      forget: connection.prepare<[number]>('DELETE FROM changes WHERE revision <= ?'),
    };
    this.#state = this.#read();
  }

  get revision(): number {
    return this.#state.revision;
  }

  /** Records a commit's changes and makes its revision, which they carry, the store's. */
  append(revision: number, changes: readonly Change[]): void {
    this.#state = { ...this.#state, revision };
    changes.forEach(({ type, entry }, position) => {
      this.#sql.append.run(position, revision, type, ...rowOf(entry));
    });
    if (revision % this.#compactedTogether === 0) {
      this.compact();
    }
  }

  /** Returns the next commits after a revision that changed keys of an interval. @throws RpcError `REVISION_COMPACTED` */
  since(fromRevision: number, { from, to }: KeyInterval): History {
    const { revision, compacted } = this.#state;
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
    for (const [rowRevision, type, ...row] of this.#sql.since.iterate(fromRevision, from, to)) {
      if (rowRevision !== last) {
        if (read >= pageSize) {
          return { commits, reachedRevision: last };
        }
        commits.push([]);
        last = rowRevision;
      }
      commits.at(-1)?.push({ type, entry: entryOf(row), revision: rowRevision });
      read += 1;
    }
    return { commits, reachedRevision: revision };
  }

  /** Forgets the changes that lie further back than the revisions that are kept. */
  compact(): void {
    const { revision, compacted } = this.#state;
    const target = revision - this.#keptRevisions;
    if (target > compacted) {
      this.#state = { revision, compacted: target };
      this.#sql.forget.run(target);
    }
  }

  /** Writes the revision to the file, at the end of a transaction. */
  save(): void {
    this.#sql.save.run(this.#state);
  }

  /** Returns to what the file says, after a transaction that failed. */
  restore(): void {
    this.#state = this.#read();
  }

  #read(): State {
    const state = this.#sql.state.get();
    if (state === undefined) {
      throw storeError('STORE_DAMAGED', 'the store has lost its revision; restore it from a backup');
    }
    return state;
  }
}
