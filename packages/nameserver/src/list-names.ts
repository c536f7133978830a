import {
  type Caller,
  maxPageSize,
  type ListOptions,
  type NamePage,
  type NameRecord,
} from '@patchbay/objects';

import { nameServerError } from './errors.js';
import type { MetadataIndex } from './metadata-index.js';
import { nameQuery } from './name-query.js';
import { type NameReader, searchIndex, searchNames } from './name-search.js';

/** How many names a page holds. */
export const pageLimits = { usual: 100, max: maxPageSize } as const;

/** How many names are looked at before other callers get their turn. */
const namesPerTurn = 250;

/**
 * Returns a caller a page of the names that all of the options allow. A search through many names takes turns with other callers,
 * and ends when the signal aborts. @throws RpcError `LIMIT_OUT_OF_RANGE`, `PATTERN_INVALID`
 */
export async function listNames(
  store: NameReader,
  index: MetadataIndex,
  caller: Caller,
  options: ListOptions,
  signal?: AbortSignal,
): Promise<NamePage> {
  const { limit = pageLimits.usual, after } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > pageLimits.max) {
    throw nameServerError(
      'LIMIT_OUT_OF_RANGE',
      `a page of ${String(limit)} names; give 1 to ${String(pageLimits.max)}`,
    );
  }
  const query = nameQuery(options);
  // Whoever watches from where the search began misses nothing that happens during it.
  const revision = await store.revision();
  const { prefix, accessPaths } = query;
  if (prefix === undefined) {
    return { names: [], revision };
  }
  // One more than the page shows whether there is a next name, and one more that it is whole.
  const range = { prefix, after, limit: query.narrows ? namesPerTurn : limit + 2 };
  const search =
    accessPaths.length > 0
      ? searchIndex(store, index, caller, { ...range, accessPaths })
      : searchNames(store, caller, range);
  const names: NameRecord[] = [];
  for await (const record of search) {
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
