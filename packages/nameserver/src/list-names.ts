import { setImmediate } from 'node:timers/promises';

import { type ListOptions, type NamePage, type NameRecord } from '@patchbay/core';
import { type Store } from '@patchbay/store';

import { nameServerError } from './errors.js';
import { nameQuery } from './name-query.js';
import { keyOfName, recordOf } from './name-record.js';

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
  let after = options.after === undefined ? undefined : keyOfName(options.after);
  const names: NameRecord[] = [];
  // Whoever watches from where the search began misses nothing that happened while it went on.
  let revision: number | undefined;
  for (;;) {
    // One more than the page shows whether there is a next one.
    const part = await store.range({ prefix, after, limit: query.narrows ? turnNames : limit + 1 });
    revision ??= part.revision;
    for (const record of part.entries.map(recordOf)) {
      if (!query.wants(record)) {
        continue;
      }
      const last = names.at(-1);
      if (last !== undefined && names.length === limit) {
        return { names, next: last.name, revision };
      }
      names.push(record);
    }
    if (!part.more) {
      return { names, revision };
    }
    after = part.entries.at(-1)?.key;
    await setImmediate();
    signal?.throwIfAborted();
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
