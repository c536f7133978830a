import { setImmediate } from 'node:timers/promises';

import { type ListOptions, type NamePage, type NameRecord } from '@patchbay/core';
import { type Entry, type Range, type Store } from '@patchbay/store';

import { nameServerError } from './errors.js';
import { nameQuery } from './name-query.js';
import { keyAfterName, keyOfName, nameOf, recordOf } from './name-record.js';

/** How many names a page holds. */
export const pageLimits = { usual: 100, max: 1000 } as const;

/** How many names are looked through before other callers have their turn. */
const turnNames = 250;

/**
 * Gives a page of the names that all of the options allow. A search through many names takes turns with other callers,
 * and ends when the signal aborts. @throws RpcError `LIMIT_OUT_OF_RANGE`, `PATTERN_INVALID`
 */
export async function listNames(
  store: Pick<Store, 'range' | 'revision'>,
  options: ListOptions,
  signal?: AbortSignal,
): Promise<NamePage> {
  const { limit = pageLimits.usual } = options;
  checkLimit(limit);
  const query = nameQuery(options);
  if (query.prefix === undefined) {
    return { names: [], revision: await store.revision() };
  }
  const prefix = keyOfName(query.prefix);
  const after = options.after === undefined ? undefined : keyAfterName(options.after);
  const names: NameRecord[] = [];
  // Whoever watches from where the search began misses nothing that happened while it went on.
  let revision: number | undefined;
  // One more than the page shows whether there is a next name, and one more that it is whole.
  const parts = partsOf(store, { prefix, after, limit: query.narrows ? turnNames : limit + 2 });
  for await (const part of parts) {
    signal?.throwIfAborted();
    revision ??= part.revision;
    for (const record of part.records) {
      if (!query.wants(record)) {
        continue;
      }
      const last = names.at(-1);
      if (last !== undefined && names.length === limit) {
        return { names, next: last.name, revision };
      }
      names.push(record);
    }
  }
  return { names, revision: revision ?? (await store.revision()) };
}

/** Yields records in parts that were each read at once, and lets other callers have their turn between them. */
async function* partsOf(
  store: Pick<Store, 'range'>,
  { prefix, after, limit }: Range,
): AsyncGenerator<{ readonly records: readonly NameRecord[]; readonly revision: number }, void, undefined> {
  let from = after;
  let begun: Entry[] = []; // the servers of a shared name that may have more of them in the next part
  for (;;) {
    const { entries, more, revision } = await store.range({ prefix, after: from, limit });
    const records: NameRecord[] = [];
    for (const entry of entries) {
      const [first, ...others] = begun;
      if (first !== undefined && nameOf(first) !== nameOf(entry)) {
        records.push(recordOf(first, ...others));
        begun = [];
      }
      begun.push(entry);
    }
    const [first, ...others] = begun;
    if (!more && first !== undefined) {
      records.push(recordOf(first, ...others));
    }
    yield { records, revision };
    if (!more) {
      return;
    }
    from = entries.at(-1)?.key;
    await setImmediate();
  }
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimits.max) {
    throw nameServerError(
      'LIMIT_OUT_OF_RANGE',
      `a page of ${String(limit)} names; give 1 to ${String(pageLimits.max)}`,
    );
  }
}
