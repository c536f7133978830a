import { isRpcError } from '@patchbay/objects';
import { type Store, storeError } from '@patchbay/store';

import { maxOperations } from './registrar.js';

const layoutKey = 'layout';

/** What is written in the store: the names. Layout 2, of an earlier version, has an index of their metadata beside them. */
const layout = 1;
const newestKnown = 2;

/**
 * Brings a store that an earlier version wrote to the layout of this one. When it is cut short, as by a disk that cannot
 * be written, it continues the next time: what it removes is only not read any more. Nobody else may write meanwhile.
 * @throws RpcError `STORE_VERSION_NEWER`
 */
export async function convertLayout(store: Store): Promise<void> {
  const found = await store.get(layoutKey);
  const written = Number(found?.value ?? layout);
  if (written > newestKnown) {
    throw storeError(
      'STORE_VERSION_NEWER',
      `the registry has layout ${String(written)}, this program knows ${String(newestKnown)}; install the newer program`,
      { details: { version: written, knownVersion: newestKnown } },
    );
  }
  if (found?.value === String(layout)) {
    return;
  }
  try {
    await removeIndex(store);
  } catch (error) {
    if (!isRpcError(error, 'STORE_FULL', 'STORE_READ_ONLY')) {
      throw error;
    }
  }
}

async function removeIndex(store: Store): Promise<void> {
  for (let more = true; more;) {
    const page = await store.range({ prefix: 'meta/', limit: maxOperations });
    if (page.entries.length > 0) {
      await store.commit(
        [],
        page.entries.map(({ key }) => ({ delete: key })),
      );
    }
    more = page.more;
  }
  await store.commit([], [{ put: layoutKey, value: String(layout) }]);
}
