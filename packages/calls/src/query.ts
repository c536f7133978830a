import { compileGlob, coreError, parseDuration, quoted } from '@patchbay/objects';

import { type CallTable, chainOf, columns, type Row } from './call-table.js';
import { callLogError } from './errors.js';
import type { CallRecord } from './record.js';

/** Which calls are asked for: those to which all of it applies. */
export interface CallFilter {
  /** A principal, or a glob of principals. */
  readonly caller?: string | undefined;
  readonly onBehalfOf?: string | undefined;
  /** `OBJECT.METHOD`, or a glob of such. */
  readonly method?: string | undefined;
  readonly direction?: 'in' | 'out' | undefined;
  readonly failed?: boolean | undefined;
  /** The code or reason of their error. */
  readonly error?: string | undefined;
  readonly correlationId?: string | undefined;
  /** What the arguments, the answer or the comment contain. */
  readonly text?: string | undefined;
  /** A timestamp, or how long ago, such as `1h`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** A page of calls, the newest first. */
export interface CallPage {
  readonly calls: readonly CallRecord[];
  /** Where the next page begins; undefined after the last one. A page that ends early may have fewer calls. */
  readonly next: string | undefined;
}

/** How many rows are looked at in one turn of the event loop, and for one page. */
const scanned = { atOnce: 2_000, perPage: 100_000 };

/** The longest span in which texts are searched, in milliseconds. */
const maxTextSpanMs = 31 * 86_400_000;

/** Returns a filter's function for calls that have just been answered. @throws RpcError `ARGUMENT_INVALID` */
export function matcherOf(filter: CallFilter): (record: CallRecord) => boolean {
  const caller = globOf(filter.caller);
  const onBehalfOf = globOf(filter.onBehalfOf);
  const method = globOf(filter.method);
  return (record) =>
    (caller?.(record.caller) ?? true) &&
    (onBehalfOf === undefined || (record.onBehalfOf !== undefined && onBehalfOf(record.onBehalfOf))) &&
    (method?.(`${record.object}.${record.method}`) ?? true) &&
    (filter.direction === undefined || (filter.direction === 'out') === record.outgoing) &&
    (filter.failed === undefined || filter.failed === (record.code !== undefined)) &&
    (filter.error === undefined || filter.error === record.code || filter.error === record.reason) &&
    (filter.correlationId === undefined || filter.correlationId === record.correlationId) &&
    (filter.text === undefined ||
      [record.arguments, record.answer, record.comment].some((each) => each?.includes(filter.text ?? '')));
}

/**
 * Reads a page. It looks at the rows of the index that fits best, some at a time, and lets other work run in between.
 *
 * @throws RpcError `ARGUMENT_INVALID`, `SPAN_TOO_LONG`; Error of SQLite
 */
export async function readPage(
  table: CallTable,
  filter: CallFilter,
  { limit, from, nowMs, signal }: PageOptions,
): Promise<CallPage> {
  const sinceMs = momentOf(filter.since, 'since', nowMs) ?? 0;
  const untilMs = momentOf(filter.until, 'until', nowMs) ?? Number.MAX_SAFE_INTEGER;
  if (filter.text !== undefined && Math.min(untilMs, nowMs) - sinceMs > maxTextSpanMs) {
    throw callLogError('SPAN_TOO_LONG', 'a text is searched within at most 31 days: give since, and until');
  }
  const plan = planOf(table, filter);
  if (plan === undefined) {
    return { calls: [], next: undefined };
  }
  const order = 'ORDER BY at DESC, id DESC';
  const candidates =
    `FROM calls INDEXED BY ${plan.index} ` +
    `WHERE ${['(at, id) < (?, ?)', 'at >= ?', ...plan.driving.map(([sql]) => sql)].join(' AND ')} ${order}`;
  const where = plan.further.length === 0 ? '' : `WHERE ${plan.further.map(([sql]) => sql).join(' AND ')}`;
  const { connection } = table;
  const matching = connection
    .prepare<unknown[], Row>(
      `SELECT ${columns} FROM (SELECT ${columns} ${candidates} LIMIT ${String(scanned.atOnce)}) ${where} LIMIT ?`,
    )
    .raw();
  const lastCandidate = connection
    .prepare<unknown[], [number, number]>(
      `SELECT at, id ${candidates} LIMIT 1 OFFSET ${String(scanned.atOnce - 1)}`,
    )
    .raw();
  const driving = plan.driving.flatMap(([, ...values]) => values);
  const further = plan.further.flatMap(([, ...values]) => values);
  const names = new RowNames(table);
  const calls: CallRecord[] = [];
  let position: readonly [number, number] =
    from === undefined ? [untilMs, Number.MAX_SAFE_INTEGER] : positionOf(from);
  for (let total = 0; total < scanned.perPage; total += scanned.atOnce) {
    const bounds = [...position, sinceMs, ...driving];
    const rows = matching.all(...bounds, ...further, limit - calls.length);
    calls.push(...rows.map((row) => names.recordOf(row)));
    const last = rows.at(-1);
    if (last !== undefined && calls.length === limit) {
      return { calls, next: textOf([last[1], last[0]]) };
    }
    const seen = lastCandidate.get(...bounds);
    if (seen === undefined) {
      return { calls, next: undefined };
    }
    position = seen;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
  return { calls, next: textOf(position) };
}

/** Which page is asked for. */
interface PageOptions {
  readonly limit: number;
  /** Where it begins, as the page before says. */
  readonly from?: string | undefined;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A condition in SQL, with the values of its parameters. */
type Condition = readonly [sql: string, ...values: readonly (string | number)[]];

interface Plan {
  readonly index: string;
  /** What the index finds. */
  readonly driving: readonly Condition[];
  /** What else the rows have to be. */
  readonly further: readonly Condition[];
}

/** Plans how a filter's rows are found; undefined if there are none. */
function planOf(table: CallTable, filter: CallFilter): Plan | undefined {
  const { failed, error, correlationId, text, direction } = filter;
  const callers = idsOf(table.callers, filter.caller);
  const onBehalf = idsOf(table.callers, filter.onBehalfOf);
  const methods = idsOf(table.methods, filter.method);
  if ([callers, onBehalf, methods].some((each) => each?.length === 0)) {
    return undefined;
  }
  const conditions: readonly (Condition | undefined)[] = [
    among('caller', callers),
    among('on_behalf', onBehalf),
    among('method', methods),
    direction && ['outgoing = ?', direction === 'out' ? 1 : 0],
    failed === undefined ? undefined : [`code IS ${failed ? 'NOT ' : ''}NULL`],
    error === undefined ? undefined : ['(code = ? OR reason = ?)', error, error],
    correlationId === undefined ? undefined : ['coalesce(correlation, call_id) = ?', correlationId],
    text === undefined
      ? undefined
      : [
          `instr(coalesce(arguments, '') || char(0) || coalesce(answer, '') || char(0) || coalesce(comment, ''), ?) > 0`,
          text,
        ],
  ];
  const further = conditions.filter((each) => each !== undefined);
  if (correlationId !== undefined) {
    return { index: 'calls_by_chain', driving: [['chain = ?', chainOf(correlationId)]], further };
  }
  if (failed === true || error !== undefined) {
    return { index: 'calls_failed', driving: [['code IS NOT NULL']], further };
  }
  for (const [column, index, ids] of [
    ['on_behalf', 'calls_on_behalf', onBehalf],
    ['caller', 'calls_by_caller', callers],
    ['method', 'calls_by_method', methods],
  ] as const) {
    const [only] = ids ?? [];
    if (ids?.length === 1 && only !== undefined) {
      return { index, driving: [[`${column} = ?`, only]], further };
    }
  }
  return { index: 'calls_by_time', driving: [], further };
}

function among(column: string, ids: readonly number[] | undefined): Condition | undefined {
  const [only] = ids ?? [];
  if (ids === undefined || only === undefined) {
    return undefined;
  }
  return ids.length === 1
    ? [`${column} = ?`, only]
    : [`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(ids)];
}

/** Returns the numbers of the names that a name or glob stands for; undefined if it is not given. */
function idsOf(table: CallTable['callers'], given: string | undefined): number[] | undefined {
  const matches = globOf(given);
  return (
    matches &&
    table
      .all()
      .filter(([, ...name]) => matches(name.join('.')))
      .map(([id]) => id)
  );
}

function globOf(given: string | undefined): ((name: string) => boolean) | undefined {
  if (given === undefined) {
    return undefined;
  }
  if (!/[*?]/.test(given)) {
    return (name) => name === given;
  }
  const glob = compileGlob(given);
  return (name) => glob.matches(name);
}

/** Turns rows into calls. */
class RowNames {
  readonly #table: CallTable;
  readonly #known = { callers: new Map<number, string>(), peers: new Map<number, string>() };
  readonly #methods = new Map<number, readonly string[]>();

  constructor(table: CallTable) {
    this.#table = table;
  }

  recordOf(row: Row): CallRecord {
    const [object = '', method = ''] = this.#methodOf(row[6]);
    const peer = row[7] === null ? undefined : this.#nameOf('peers', row[7]);
    return {
      atMs: row[1],
      durationUs: row[2],
      outgoing: row[3] === 1,
      caller: this.#nameOf('callers', row[4]),
      onBehalfOf: row[5] === null ? undefined : this.#nameOf('callers', row[5]),
      object,
      method,
      peer: peer === undefined || row[8] === null ? peer : `${peer}:${String(row[8])}`,
      code: row[9] ?? undefined,
      reason: row[10] ?? undefined,
      comment: row[11] ?? undefined,
      callId: row[12],
      correlationId: row[13] ?? row[12],
      arguments: row[15] ?? undefined,
      answerBytes: row[16] ?? undefined,
      answer: row[17] ?? undefined,
      ...(row[18] !== null && { reportedBy: this.#nameOf('callers', row[18]) }),
    };
  }

  #nameOf(kind: 'callers' | 'peers', id: number): string {
    const name = this.#known[kind].get(id) ?? this.#table[kind].nameOf(id)[0] ?? '';
    this.#known[kind].set(id, name);
    return name;
  }

  #methodOf(id: number): readonly string[] {
    const name = this.#methods.get(id) ?? this.#table.methods.nameOf(id);
    this.#methods.set(id, name);
    return name;
  }
}

function textOf([atMs, id]: readonly number[]): string {
  return `${String(atMs)}-${String(id)}`;
}

function positionOf(from: string): readonly [atMs: number, id: number] {
  const [, atMs, id] = /^(\d{1,16})-(\d{1,16})$/.exec(from) ?? [];
  if (atMs === undefined || id === undefined) {
    throw coreError('ARGUMENT_INVALID', `option "from": must be the "next" of a page, not ${quoted(from)}`);
  }
  return [Number(atMs), Number(id)];
}

function momentOf(text: string | undefined, option: string, nowMs: number): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const agoMs = parseDuration(text);
  const atMs = agoMs === undefined ? Date.parse(text) : nowMs - agoMs;
  if (Number.isNaN(atMs) || (agoMs === undefined && !/^\d{4}-\d\d-\d\d/.test(text))) {
    const forms = 'a timestamp such as 2026-11-20T15:04:05Z, or how long ago, such as 1h';
    throw coreError('ARGUMENT_INVALID', `option "${option}": must be ${forms}, not ${quoted(text)}`);
  }
  return Math.floor(atMs);
}
