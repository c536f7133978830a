import { type Statement } from 'better-sqlite3';

import { type Connection } from './database.js';

/**
 * A read transaction that stays open from one read to the next, as to begin and end one takes SQLite about as long as
 * to find a row. Nobody else writes to the file, so that it hides nothing; it ends before anything is written.
 */
export class OpenRead {
  readonly #connection: Connection;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#begin = connection.prepare('BEGIN');
    this.#commit = connection.prepare('COMMIT');
  }

  /** Begins it, unless it is open or a write is under way. */
  begin(): void {
    if (!this.#connection.inTransaction) {
      this.#begin.run();
    }
  }

  end(): void {
    if (this.#connection.inTransaction) {
      this.#commit.run();
    }
  }
}
