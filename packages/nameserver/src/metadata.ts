import type { Metadata, MetadataChanges } from '@patchbay/objects';
import { metadata } from '@patchbay/objects/define';

import { nameServerError } from './errors.js';

const maxKeys = 64;

/** Checks metadata. @throws RpcError `METADATA_INVALID` */
export function checkMetadata(checked: Metadata): void {
  const parsed = metadata.safeParse(checked);
  if (!parsed.success) {
    const why = parsed.error.issues[0]?.message ?? 'it is not text';
    throw nameServerError(
      'METADATA_INVALID',
      `metadata: ${why}; a key has 1 to 64 characters, a value at most 1024`,
    );
  }
  const count = Object.keys(checked).length;
  if (count > maxKeys) {
    throw nameServerError(
      'METADATA_INVALID',
      `${String(count)} keys of metadata; a name has at most ${String(maxKeys)}`,
    );
  }
}

/** Applies changes to metadata: a text sets a key, null removes it. @throws RpcError `METADATA_INVALID` */
export function changeMetadata(before: Metadata, changes: MetadataChanges): Metadata {
  const entries = Object.entries({ ...before, ...changes });
  const changed = Object.fromEntries(entries.filter((each): each is [string, string] => each[1] !== null));
  checkMetadata(changed);
  return changed;
}
