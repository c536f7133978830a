import { type Entry, type Operation } from '@patchbay/store';

import { indexKeys } from './metadata-index.js';
import { placeOf, storedIn, type StoredName, valueOfName } from './name-record.js';

/**
 * Gives the writes that put a name, or a server's share in one, in the place of what stood under its key, and its
 * metadata into the index.
 */
export function putName(
  key: string,
  stored: StoredName,
  { before, leaseId }: { readonly before: Entry | undefined; readonly leaseId: string | undefined },
): readonly Operation[] {
  const kept = new Set(indexKeys(placeOf(key), stored.metadata));
  const stale = before === undefined ? [] : indexKeysOf(before).filter((each) => !kept.has(each));
  return [
    ...stale.map((each) => ({ delete: each })),
    { put: key, value: valueOfName(stored), leaseId },
    ...[...kept].map((each) => ({ put: each, value: '', leaseId })),
  ];
}

/** Gives the writes that delete a name, or a server's share in one, and what finds it by its metadata. */
export function deleteName(entry: Entry): readonly Operation[] {
  return [entry.key, ...indexKeysOf(entry)].map((each) => ({ delete: each }));
}

/** Gives the writes that put the metadata of a name that is there into the index. */
export function indexName(entry: Entry): readonly Operation[] {
  return indexKeysOf(entry).map((each) => ({ put: each, value: '', leaseId: entry.leaseId }));
}

function indexKeysOf(entry: Entry): readonly string[] {
  return indexKeys(placeOf(entry.key), storedIn(entry).metadata);
}
