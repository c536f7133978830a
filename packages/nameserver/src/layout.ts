import { isRpcError } from '@patchbay/objects';
import { type Store, storeError } from '@patchbay/store';

import { keyOfName } from './name-record.js';
import { indexName } from './name-writes.js';

const layoutKey = 'layout';

/** What is written in the store now: since 2, the metadata of names are indexed. */
const layout = 2;

/** How many names are indexed in one commit. */
const atOnce = 1000;

/**
 * Brings a store that an earlier version wrote to the layout of this one. When it is cut short, it begins anew the
 * next time. Nobody else may write meanwhile. @throws RpcError `STORE_VERSION_NEWER`
 */
export async function upgradeLayout(store: Store): Promise<void> {
  const written = Number((await store.get(layoutKey))?.value ?? 1);
  if (written > layout) {
    throw storeError(
      'STORE_VERSION_NEWER',
      `the registry has layout ${String(written)}, this program knows ${String(layout)}; install the newer program`,
      { details: { version: written, knownVersion: layout } },
    );
  }
  if (written === layout) {
    return;
  }
  for (let from: string | undefined; ;) {
    const { entries, more } = await store.range({ prefix: keyOfName(''), after: from, limit: atOnce });
    const writes = entries.flatMap(indexName);
    try {
      if (writes.length > 0) {
        await store.commit([], writes);
      }
    } catch (error) {
      if (isRpcError(error, 'LEASE_NOT_FOUND')) {
        continue; // a lease has just passed, and its names are not read again
      }
      throw error;
    }
    if (!more) {
      break;
    }
    from = entries.at(-1)?.key;
  }
  await store.commit([], [{ put: layoutKey, value: String(layout) }]);
}
