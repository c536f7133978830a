import { type Metadata, type MetadataChanges } from '@patchbay/objects';
import { metadata } from '@patchbay/objects/define';

import { nameServerError } from './errors.js';

const maxWords = 64;

/** Checks metadata. @throws RpcError `METADATA_INVALID` */
export function checkMetadata(words: Metadata): void {
  const parsed = metadata.safeParse(words);
  if (!parsed.success) {
    const why = parsed.error.issues[0]?.message ?? 'it is not text';
    throw nameServerError(
      'METADATA_INVALID',
      `metadata: ${why}; a word has 1 to 64 characters, a value 1024`,
    );
  }
  const count = Object.keys(words).length;
  if (count > maxWords) {
    throw nameServerError(
      'METADATA_INVALID',
      `${String(count)} words of metadata; a name has at most ${String(maxWords)}`,
    );
  }
}

/** Applies changes to metadata: a text sets a word, null removes it. @throws RpcError `METADATA_INVALID` */
export function changeMetadata(words: Metadata, changes: MetadataChanges): Metadata {
  const changed = new Map(Object.entries(words));
  for (const [word, value] of Object.entries(changes)) {
    if (value === null) {
      changed.delete(word);
    } else {
      changed.set(word, value);
    }
  }
  const result = Object.fromEntries(changed);
  checkMetadata(result);
  return result;
}
