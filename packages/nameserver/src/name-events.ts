import { type NameEvent } from '@patchbay/objects';
import { type Change } from '@patchbay/store';

import { nameOf, recordOf } from './name-record.js';

/** Turns the store's changes of names that begin with a prefix into events, one by one. */
export async function* nameEvents(
  commits: AsyncIterable<readonly Change[]>,
  prefix: string,
): AsyncGenerator<NameEvent, void, undefined> {
  for await (const changes of commits) {
    for (const change of changes) {
      if (!nameOf(change.entry).startsWith(prefix)) {
        continue; // the prefix is no name's beginning, but that of a server's share in one
      }
      yield { type: typeOf(change), record: recordOf(change.entry), revision: change.revision };
    }
  }
}

function typeOf({ type, entry }: Change): NameEvent['type'] {
  if (type === 'delete') {
    return 'removed';
  }
  return entry.createRevision === entry.modRevision ? 'registered' : 'changed';
}
