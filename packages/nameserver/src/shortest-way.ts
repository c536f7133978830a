import { setImmediate } from 'node:timers/promises';

import { type Store } from '@patchbay/store';

import { indexOf, type MetadataCondition } from './metadata-index.js';
import { type NameQuery } from './name-query.js';

/** One of the ways to find the wanted names: by the names that meet any of these conditions. */
type Way = NameQuery['ways'][number];

/** Gives the way by which the fewest names that begin with a prefix are looked through. */
export async function shortestWay(
  store: Pick<Store, 'range' | 'count'>,
  ways: readonly Way[],
  { prefix, turn }: { readonly prefix: string; readonly turn: number },
): Promise<Way> {
  const [first = [], ...others] = ways;
  if (others.length === 0) {
    return first;
  }
  const beginningOf = (condition: MetadataCondition): string => indexOf(condition) + prefix;
  // To count takes time in proportion to the number; that one is short shows as soon as it has been read.
  const read = async (condition: MetadataCondition): Promise<number> => {
    const { entries, more } = await store.range({ prefix: beginningOf(condition), limit: turn });
    return more ? Infinity : entries.length;
  };
  const count = async (condition: MetadataCondition): Promise<number> => {
    await setImmediate();
    return store.count(beginningOf(condition));
  };
  return (await least(ways, read)) ?? (await least(ways, count)) ?? first;
}

/** Gives the way whose conditions have the least sum; undefined where none is finite. */
async function least(
  ways: readonly Way[],
  measure: (condition: MetadataCondition) => Promise<number>,
): Promise<Way | undefined> {
  let best: Way | undefined;
  let bestSum = Infinity;
  for (const way of ways) {
    let sum = 0;
    for (const condition of way) {
      sum += await measure(condition);
    }
    if (sum < bestSum) {
      best = way;
      bestSum = sum;
    }
  }
  return best;
}
