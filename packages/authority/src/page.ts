import { authorityError } from './errors.js';

/** Which part of a list is asked for. */
export interface Page {
  /** The name of the last record of the page before. Default: from the beginning. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** How many records a page has at most. */
export const maxPage = 1_000;

type Named<T> = readonly [name: string, record: T];

/**
 * Returns a page of records.
 *
 * @param counts whether a record is listed. Default: all are
 * @throws RpcError `RECORD_NOT_FOUND` where the record is gone that the page is to begin after
 */
export function pageOf<T>(
  sorted: readonly Named<T>[],
  { after, limit }: Page,
  counts: (record: T) => boolean = () => true,
): Named<T>[] {
  const at = after === undefined ? 0 : sorted.findIndex(([name]) => name === after) + 1;
  if (after !== undefined && at === 0) {
    const message = `the list has no ${after}, to go on after it: begin anew`;
    throw authorityError('RECORD_NOT_FOUND', message, { details: { name: after } });
  }
  const page: Named<T>[] = [];
  for (let index = at; index < sorted.length && page.length < limit; index += 1) {
    const each = sorted[index];
    if (each !== undefined && counts(each[1])) {
      page.push(each);
    }
  }
  return page;
}

/** Sorts records by their names. */
export function byName([a]: Named<unknown>, [b]: Named<unknown>): number {
  return a < b ? -1 : 1;
}

/** Sorts records by when they were made, the oldest first. */
export function byAge(
  a: Named<{ readonly madeAtMs: number }>,
  b: Named<{ readonly madeAtMs: number }>,
): number {
  return a[1].madeAtMs - b[1].madeAtMs || byName(a, b);
}
