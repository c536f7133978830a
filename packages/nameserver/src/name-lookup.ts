import { noSuchName, parseObjectName, suggest, versionedNameIn, versionsOf } from '@patchbay/objects';
import type { Entry, Store } from '@patchbay/store';

import { entriesOf, keyOfName, nameOf } from './name-record.js';

/** How many names that begin alike are looked at for what a mistyped one may have meant. */
const nearLimit = 100;

type Names = Pick<Store, 'get' | 'range'>;

/**
 * Returns the entries of a name; of a bare name that is not registered itself, those of its newest version.
 * @throws RpcError `OBJECT_NOT_FOUND`, `NAME_INVALID`
 */
export async function resolvedEntries(store: Names, name: string): Promise<readonly [Entry, ...Entry[]]> {
  const [first, ...others] = await entriesOf(store, parseObjectName(name));
  if (first !== undefined) {
    return [first, ...others];
  }
  const [newest] = await registeredVersions(store, name);
  return namedEntries(store, newest ?? name);
}

/** Returns the entries of the very name. @throws RpcError `OBJECT_NOT_FOUND`, `NAME_INVALID` */
export async function namedEntries(store: Names, name: string): Promise<readonly [Entry, ...Entry[]]> {
  const [first, ...others] = await entriesOf(store, parseObjectName(name));
  if (first === undefined) {
    throw await noEntry(store, name);
  }
  return [first, ...others];
}

/** Makes the error about a name that is not registered: it names the versions that are, or a name that is near. */
export async function noEntry(store: Names, name: string): Promise<Error> {
  const versions = await registeredVersions(store, versionedNameIn(name)?.base ?? name);
  if (versions.length > 0) {
    return noSuchName({ name, versions });
  }
  // Who mistypes a name does so seldom in its first two letters.
  const { entries } = await store.range({ prefix: keyOfName(name.slice(0, 2)), limit: nearLimit });
  const near = suggest(name, entries.map(nameOf));
  return noSuchName(near === undefined ? { name } : { name, near });
}

/** Returns the registered names that are versions of a bare name, the newest first. */
async function registeredVersions(store: Names, name: string): Promise<readonly string[]> {
  const { entries } = await store.range({ prefix: keyOfName(`${name}/v`) });
  return versionsOf(name, new Set(entries.map(nameOf)));
}
