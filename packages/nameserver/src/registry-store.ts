import { type Clock } from '@patchbay/objects';
import { openSqliteStore, type Store } from '@patchbay/store';

import { indexPrefix } from './metadata-index.js';

/** Opens the store of a registry, in a directory, for this process alone. @throws RpcError as opening any store does */
export function openRegistryStore(directory: string, clock: Clock): Promise<Store> {
  return openSqliteStore({ directory, clock, unwatched: [indexPrefix] });
}
