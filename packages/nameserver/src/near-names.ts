import { noSuchName, suggest, versionedNameIn, versionsOf } from '@patchbay/objects';
import { type Store } from '@patchbay/store';

import { keyOfName, nameOf } from './name-record.js';

/** How many names that begin alike are looked through for what a mistyped one may have meant. */
const nearLimit = 100;

/** Gives the registered names that are versions of a bare name, the newest first. */
export async function versionsIn(store: Pick<Store, 'range'>, name: string): Promise<readonly string[]> {
  const { entries } = await store.range({ prefix: keyOfName(`${name}/v`) });
  return versionsOf(name, new Set(entries.map(nameOf)));
}

/** Makes the error about a name that is not registered: it tells the versions that are, or a name that is near. */
export async function notFound(store: Pick<Store, 'range'>, name: string): Promise<Error> {
  const versions = await versionsIn(store, versionedNameIn(name)?.base ?? name);
  if (versions.length > 0) {
    return noSuchName({ name, versions });
  }
  // Who mistypes a name does so seldom in its first two letters.
  const { entries } = await store.range({ prefix: keyOfName(name.slice(0, 2)), limit: nearLimit });
  const near = suggest(name, entries.map(nameOf));
  return noSuchName(near === undefined ? { name } : { name, near });
}
