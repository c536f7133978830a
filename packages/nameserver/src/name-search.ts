import { setImmediate } from 'node:timers/promises';

import type { Caller, NameRecord } from '@patchbay/objects';
import type { Entry, Store } from '@patchbay/store';

import type { IndexRange, MetadataCondition, MetadataIndex } from './metadata-index.js';
import type { NameQuery } from './name-query.js';
import { entriesOf, keyAfterName, keyOfName, nameOf, recordOf } from './name-record.js';

/** The store's reads that a search takes. */
export type NameReader = Pick<Store, 'get' | 'range' | 'revision'>;

/** Yields the records of the names with a prefix, in their order; other callers get their turn after each `limit` names. */
export async function* searchNames(
  store: NameReader,
  caller: Caller,
  { prefix, after, limit }: IndexRange,
): AsyncGenerator<NameRecord, void, undefined> {
  let from = after === undefined ? undefined : keyAfterName(after);
  let begun: Entry[] = []; // the servers of a shared name that may have more of them on the next page
  for (;;) {
    const { entries, more } = await store.range({ prefix: keyOfName(prefix), after: from, limit });
    for (const entry of entries) {
      const [first, ...others] = begun;
      if (first !== undefined && nameOf(first) !== nameOf(entry)) {
        yield recordOf(caller, first, ...others);
        begun = [];
      }
      begun.push(entry);
    }
    if (!more) {
      break;
    }
    from = entries.at(-1)?.key;
    await setImmediate();
  }
  const [first, ...others] = begun;
  if (first !== undefined) {
    yield recordOf(caller, first, ...others);
  }
}

/** Yields the records of the names with a prefix that meet a condition of the cheapest access path, in their order. */
export async function* searchIndex(
  store: NameReader,
  index: MetadataIndex,
  caller: Caller,
  { accessPaths, ...range }: IndexRange & Pick<NameQuery, 'accessPaths'>,
): AsyncGenerator<NameRecord, void, undefined> {
  const conditions = cheapestIndex(index, accessPaths, range.prefix);
  for (let { after } = range; ;) {
    const { names, next } = namesMeeting(index, conditions, { ...range, after });
    for (const name of names) {
      const [first, ...others] = await entriesOf(store, name);
      if (first !== undefined) {
        yield recordOf(caller, first, ...others);
      }
    }
    if (next === undefined) {
      return;
    }
    after = next;
    await setImmediate();
  }
}

/** Returns the access path on which the fewest names with a prefix are looked at. */
function cheapestIndex(
  index: MetadataIndex,
  accessPaths: NameQuery['accessPaths'],
  prefix: string,
): readonly MetadataCondition[] {
  const costs = accessPaths.map((path) =>
    path.reduce((sum, condition) => sum + index.count(condition, prefix), 0),
  );
  return accessPaths[costs.indexOf(Math.min(...costs))] ?? [];
}

/** Merges the next names that meet any of the conditions; `next` is the name to continue after, undefined at the end. */
function namesMeeting(
  index: MetadataIndex,
  conditions: readonly MetadataCondition[],
  range: IndexRange,
): { readonly names: readonly string[]; readonly next: string | undefined } {
  const found = new Set<string>();
  let next: string | undefined;
  for (const condition of conditions) {
    const { names, more } = index.find(condition, range);
    names.forEach((name) => found.add(name));
    const last = names.at(-1);
    if (more && last !== undefined && (next === undefined || last < next)) {
      next = last; // beyond it, this condition's names have not been read yet
    }
  }
  const names = [...found].sort();
  const end = next;
  return { names: end === undefined ? names : names.filter((name) => name <= end), next };
}
