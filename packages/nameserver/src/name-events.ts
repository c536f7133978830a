import { type NameEvent } from '@patchbay/core';
import { type Change } from '@patchbay/store';

import { recordOf } from './name-record.js';

/** Turns the store's changes of names into events, one by one. */
export async function* nameEvents(
  commits: AsyncIterable<readonly Change[]>,
): AsyncGenerator<NameEvent, void, undefined> {
  for await (const changes of commits) {
    for (const change of changes) {
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
