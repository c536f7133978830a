import type { Entry, Store } from '@patchbay/store';

import { keyOfName, keyOfShare } from './name-record.js';

/** Returns the entries of a name: one, or one for each of the servers that share it, or none. */
export async function entriesOf(
  store: Pick<Store, 'get' | 'range'>,
  name: string,
): Promise<readonly Entry[]> {
  const exclusive = await store.get(keyOfName(name));
  return exclusive === undefined ? (await store.range({ prefix: keyOfShare(name) })).entries : [exclusive];
}
