import { maxPageSize, type ListOptions, type NamePage, type NameRecord } from '@patchbay/objects';
import { type Store } from '@patchbay/store';

import { nameServerError } from './errors.js';
import { nameQuery } from './name-query.js';
import { searchIndex, searchNames } from './name-search.js';

/** How many names a page holds. */
export const pageLimits = { usual: 100, max: maxPageSize } as const;

/** How many names are looked through before other callers have their turn. */
const turnNames = 250;

/**
 * Gives a page of the names that all of the options allow. A search through many names takes turns with other callers,
 * and ends when the signal aborts. @throws RpcError `LIMIT_OUT_OF_RANGE`, `PATTERN_INVALID`
 */
export async function listNames(
  store: Pick<Store, 'get' | 'range' | 'count' | 'revision'>,
  options: ListOptions,
  signal?: AbortSignal,
): Promise<NamePage> {
  const { limit = pageLimits.usual, after } = options;
  checkLimit(limit);
  const query = nameQuery(options);
  // Whoever watches from where the search began misses nothing that happened while it went on.
  const revision = await store.revision();
  if (query.prefix === undefined) {
    return { names: [], revision };
  }
  // One more than the page shows whether there is a next name, and one more that it is whole.
  const turn = query.narrows ? turnNames : limit + 2;
  const search = query.ways.length > 0 ? searchIndex : searchNames;
  const names: NameRecord[] = [];
  for await (const record of search(store, { ...query, prefix: query.prefix, after, turn })) {
    signal?.throwIfAborted();
    if (!query.wants(record)) {
      continue;
    }
    const last = names.at(-1);
    if (last !== undefined && names.length === limit) {
      return { names, next: last.name, revision };
    }
    names.push(record);
  }
  return { names, revision };
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimits.max) {
    throw nameServerError(
      'LIMIT_OUT_OF_RANGE',
      `a page of ${String(limit)} names; give 1 to ${String(pageLimits.max)}`,
    );
  }
}
