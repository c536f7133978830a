import { isDeepStrictEqual } from 'node:util';

import { type RpcServerConfiguration } from './configuration.js';

type Entries = RpcServerConfiguration['objects'];

/** How the objects of one configuration differ from those of another. */
export interface ObjectDifferences {
  readonly added: Entries;
  readonly removed: Entries;
  /** Those that stay, as they were made, each with the limit that it has now. */
  readonly kept: Entries;
  /** Those of the kept whose limit is another. */
  readonly limited: Entries;
  /** Those of the kept whose module, options or sharing is another now: only a restart makes them anew. */
  readonly stale: Entries;
}

/** Compares the objects of two configurations by name. */
export function compareObjects(before: Entries, after: Entries): ObjectDifferences {
  const pairs = after.flatMap((now) => {
    const was = before.find(({ name }) => name === now.name);
    return was === undefined ? [] : [{ was, now }];
  });
  const kept = pairs.map(({ was, now }) => ({ ...was, maxConcurrent: now.maxConcurrent }));
  return {
    added: after.filter(({ name }) => !before.some((each) => each.name === name)),
    removed: before.filter(({ name }) => !after.some((each) => each.name === name)),
    kept,
    limited: kept.filter((_, index) => pairs[index]?.was.maxConcurrent !== kept[index]?.maxConcurrent),
    stale: pairs.filter(({ was, now }) => !madeAlike(was, now)).map(({ now }) => now),
  };
}

function madeAlike(one: Entries[number], other: Entries[number]): boolean {
  return isDeepStrictEqual({ ...one, maxConcurrent: 0 }, { ...other, maxConcurrent: 0 });
}
