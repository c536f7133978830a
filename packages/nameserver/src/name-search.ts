import { setImmediate } from 'node:timers/promises';

import { type NameRecord } from '@patchbay/objects';
import { type Entry, type Store } from '@patchbay/store';

import { afterInIndex, indexOf } from './metadata-index.js';
import { entriesOf } from './name-entries.js';
import { type NameQuery } from './name-query.js';
import { keyAfterName, keyOfName, nameAt, nameOf, recordOf } from './name-record.js';
import { shortestWay } from './shortest-way.js';

type Reading = Pick<Store, 'get' | 'range' | 'count'>;

/** Where a search begins and how it goes. */
export interface SearchOptions {
  readonly prefix: string;
  /** Begin after this name. */
  readonly after: string | undefined;
  /** How many names are read before other callers have their turn. */
  readonly turn: number;
}

/** Yields the records of the names that begin with a prefix, in their order. */
export async function* searchNames(
  store: Reading,
  { prefix, after, turn }: SearchOptions,
): AsyncGenerator<NameRecord, void, undefined> {
  let from = after === undefined ? undefined : keyAfterName(after);
  let begun: Entry[] = []; // the servers of a shared name that may have more of them in the next part
  for (;;) {
    const { entries, more } = await store.range({ prefix: keyOfName(prefix), after: from, limit: turn });
    for (const entry of entries) {
      const [first, ...others] = begun;
      if (first !== undefined && nameOf(first) !== nameOf(entry)) {
        yield recordOf(first, ...others);
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
    yield recordOf(first, ...others);
  }
}

/**
 * Yields the records of the names that begin with a prefix and meet at least one of a query's conditions on metadata,
 * in their order and by the index.
 */
export async function* searchIndex(
  store: Reading,
  { ways, prefix, after, turn }: SearchOptions & Pick<NameQuery, 'ways'>,
): AsyncGenerator<NameRecord, void, undefined> {
  const indexes = (await shortestWay(store, ways, { prefix, turn })).map(indexOf);
  for (let from = after; ;) {
    const { names, next } = await namesIn(store, indexes, { prefix, after: from, turn });
    for (const name of names) {
      const [first, ...others] = await entriesOf(store, name);
      if (first !== undefined) {
        yield recordOf(first, ...others);
      }
    }
    if (next === undefined) {
      return;
    }
    from = next;
    await setImmediate();
  }
}

/** Merges the next names of several indexes; `next` is where to go on, undefined at the end. */
async function namesIn(
  store: Reading,
  indexes: readonly string[],
  { prefix, after, turn }: SearchOptions,
): Promise<{ readonly names: readonly string[]; readonly next: string | undefined }> {
  const found = new Set<string>();
  let next: string | undefined;
  for (const index of indexes) {
    const from = after === undefined ? undefined : afterInIndex(index, after);
    const { entries, more } = await store.range({ prefix: index + prefix, after: from, limit: turn });
    const names = entries.map(({ key }) => nameAt(key.slice(index.length)));
    names.forEach((name) => found.add(name));
    const last = names.at(-1);
    if (more && last !== undefined && (next === undefined || last < next)) {
      next = last; // beyond it, this index has not told its names yet
    }
  }
  const names = [...found].sort();
  const end = next;
  return { names: end === undefined ? names : names.filter((name) => name <= end), next };
}
