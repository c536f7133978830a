import type { Entry, Page } from './store.js';

/** Makes a page of entries, of which one more than the limit was read. */
export function pageOf(
  entries: readonly Entry[],
  limit: number,
  revision: number,
  damaged: readonly string[] = [],
): Page {
  const more = entries.length > limit;
  return {
    entries: more ? entries.slice(0, limit) : entries,
    more,
    revision,
    ...(damaged.length === 0 ? {} : { damaged }),
  };
}
