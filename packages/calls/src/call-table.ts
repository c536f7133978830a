import { crc32 } from 'node:zlib';

import type { Connection } from '@patchbay/store';

import { NamesTable } from './names-table.js';
import type { CallRecord } from './record.js';

/** A row, its columns in the order of `columns`. */
export type Row = [
  id: number,
  at: number,
  durationUs: number,
  outgoing: number,
  caller: number,
  onBehalf: number | null,
  method: number,
  peer: number | null,
  port: number | null,
  code: string | null,
  reason: string | null,
  comment: string | null,
  callId: string,
  correlation: string | null,
  chain: number,
  given: string | null,
  answerBytes: number | null,
  answer: string | null,
  reporter: number | null,
];

/** The columns of a row. */
export const columns =
  'id, at, duration_us, outgoing, caller, on_behalf, method, peer, port, code, reason, comment, call_id, correlation, ' +
  'chain, arguments, answer_bytes, answer, reporter';

/** How many rows are written until it is looked whether there is time for more. */
const writtenAtOnce = 16;

/** How many rows are removed in one turn. */
const removedAtOnce = 500;

/** The calls in an open file. */
export class CallTable {
  readonly connection: Connection;
  readonly callers: NamesTable;
  readonly methods: NamesTable;
  readonly peers: NamesTable;
  readonly #insert;
  readonly #removeOldest;
  readonly #removeBefore;
  readonly #span;

  constructor(connection: Connection) {
    this.connection = connection;
    this.callers = new NamesTable(connection, 'callers', ['name']);
    this.methods = new NamesTable(connection, 'methods', ['object', 'method']);
    this.peers = new NamesTable(connection, 'peers', ['name']);
    const marks = columns.split(', ').map((_, index) => (index === 0 ? 'NULL' : '?'));
    this.#insert = connection.prepare(`INSERT INTO calls (${columns}) VALUES (${marks.join(', ')})`);
    const removal = (where: string): string =>
      `DELETE FROM calls WHERE id IN (SELECT id FROM calls ${where} ORDER BY at LIMIT ${String(removedAtOnce)})`;
    this.#removeOldest = connection.prepare<[]>(removal(''));
    this.#removeBefore = connection.prepare<[number]>(removal('WHERE at < ?'));
    this.#span = connection
      .prepare<[], [number | null, number | null]>('SELECT min(at), max(at) FROM calls')
      .raw();
  }

  /**
   * Writes the first calls of a list, as many as a time allows and at least some; returns how many. @throws Error of SQLite
   */
  write(records: readonly CallRecord[], hasTime: () => boolean): number {
    try {
      return this.connection.transaction(() => {
        let written = 0;
        for (const record of records) {
          if (written > 0 && written % writtenAtOnce === 0 && !hasTime()) {
            break;
          }
          this.#write(record);
          written++;
        }
        return written;
      })();
    } catch (error) {
      this.#forgetNames();
      throw error;
    }
  }

  /** The bytes that the file needs, without pages that are free. */
  get usedBytes(): number {
    const pragma = (name: string): number => Number(this.connection.pragma(name, { simple: true }));
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  }

  /** When the first and the last call was answered, in milliseconds since the Unix epoch; undefined without calls. */
  get span(): { readonly firstMs: number; readonly lastMs: number } | undefined {
    const [first = null, last = null] = this.#span.get() ?? [];
    return first === null || last === null ? undefined : { firstMs: first, lastMs: last };
  }

  /** Removes some of the calls before a time, or of the oldest; returns how many. @throws Error of SQLite */
  remove(beforeMs: number | undefined): number {
    const { changes } = beforeMs === undefined ? this.#removeOldest.run() : this.#removeBefore.run(beforeMs);
    return changes;
  }

  /** Removes the names that no call has any more. @throws Error of SQLite */
  removeUnusedNames(): void {
    const unused = (table: string, used: string): string =>
      `DELETE FROM ${table} WHERE NOT EXISTS (SELECT 1 FROM calls WHERE ${used})`;
    this.connection.exec(unused('methods', 'calls.method = methods.id'));
    this.connection.exec(
      `${unused('callers', 'calls.caller = callers.id')} AND NOT EXISTS (SELECT 1 FROM calls WHERE on_behalf = callers.id)`,
    );
    this.#forgetNames();
  }

  #forgetNames(): void {
    this.callers.forget();
    this.methods.forget();
    this.peers.forget();
  }

  #write(record: CallRecord): void {
    const { onBehalfOf, peer, callId, correlationId } = record;
    const [name, port] = peer === undefined ? [undefined, null] : endOf(peer);
    this.#insert.run(
      record.atMs,
      record.durationUs,
      record.outgoing ? 1 : 0,
      this.callers.idOf(record.caller),
      onBehalfOf === undefined ? null : this.callers.idOf(onBehalfOf),
      this.methods.idOf(record.object, record.method),
      name === undefined ? null : this.peers.idOf(name),
      port,
      record.code ?? null,
      record.reason ?? null,
      record.comment ?? null,
      callId,
      correlationId === callId ? null : correlationId,
      chainOf(correlationId),
      record.arguments ?? null,
      record.answerBytes ?? null,
      record.answer ?? null,
      record.reportedBy === undefined ? null : this.callers.idOf(record.reportedBy),
    );
  }
}

/**
 * Returns the number by which the calls of a correlation id are found, among some others. Ids that a session counts up
 * have numbers beside each other, so that a batch of calls changes few pages of their index.
 */
export function chainOf(correlationId: string): number {
  const dash = correlationId.lastIndexOf('-');
  const count = dash === -1 ? NaN : Number(correlationId.slice(dash + 1));
  return Number.isSafeInteger(count)
    ? ((crc32(correlationId.slice(0, dash)) & 0x7fff) << 16) | (Math.floor(count / 64) & 0xffff)
    : crc32(correlationId) & 0x7fff_ffff;
}

/** Splits an address, as its port is another for each connection. */
function endOf(peer: string): readonly [name: string, port: number | null] {
  const colon = peer.startsWith('unix:') ? -1 : peer.lastIndexOf(':');
  const port = colon === -1 ? NaN : Number(peer.slice(colon + 1));
  return Number.isInteger(port) ? [peer.slice(0, colon), port] : [peer, null];
}
