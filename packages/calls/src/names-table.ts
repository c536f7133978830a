import type { Connection } from '@patchbay/store';

/** How many names are remembered, and how many methods a log has: callers may make names up. */
const maxNames = 10_000;

/** What stands for names beyond those. */
const otherName = '(others)';

/** A table of names that stand for numbers in the rows of the log. */
export class NamesTable {
  readonly #find;
  readonly #insert;
  readonly #count;
  readonly #all;
  readonly #name;
  readonly #ids = new Map<string, number>();
  #size: number;

  /** @param table with the columns `id` and `columns`, of which the latter are unique together */
  constructor(connection: Connection, table: 'callers' | 'peers' | 'methods', columns: readonly string[]) {
    const where = columns.map((column) => `${column} = ?`).join(' AND ');
    const marks = columns.map(() => '?').join(', ');
    this.#find = connection.prepare<string[], number>(`SELECT id FROM ${table} WHERE ${where}`).pluck();
    this.#insert = connection.prepare<string[]>(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
    );
    this.#count = connection.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck();
    this.#all = connection
      .prepare<[], [number, ...string[]]>(`SELECT id, ${columns.join(', ')} FROM ${table}`)
      .raw();
    this.#name = connection
      .prepare<[number], string[]>(`SELECT ${columns.join(', ')} FROM ${table} WHERE id = ?`)
      .raw();
    this.#size = this.#count.get() ?? 0;
  }

  /** Returns the number of a name, and gives it one. */
  idOf(first: string, second?: string): number {
    const key = second === undefined ? first : `${first}\n${second}`;
    const known = this.#ids.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.#ids.size >= maxNames) {
      this.#ids.clear();
    }
    const name = second === undefined ? [first] : [first, second];
    const id = this.#find.get(...name) ?? this.#add(name);
    this.#ids.set(key, id);
    return id;
  }

  /** Returns the name of a number; empty if there is none. */
  nameOf(id: number): readonly string[] {
    return this.#name.get(id) ?? [];
  }

  /** Returns every name with its number. */
  all(): [number, ...string[]][] {
    return this.#all.all();
  }

  /** Forgets what it remembers, as after rows were removed or a transaction was undone. */
  forget(): void {
    this.#ids.clear();
    this.#size = this.#count.get() ?? 0;
  }

  #add(name: readonly string[]): number {
    if (this.#size >= maxNames && name[0] !== otherName) {
      return this.idOf(otherName, name.length === 1 ? undefined : otherName);
    }
    this.#size++;
    return Number(this.#insert.run(...name).lastInsertRowid);
  }
}
