import type { Endpoint, NameRecord, ObjectName } from '@patchbay/objects';
import type { Entry, Store } from '@patchbay/store';

const namePrefix = 'name/';
/** Stands between a shared name and a server's id: no name has it, and it sorts before whatever a name may have. */
const sharer = '!';
/** Sorts after every server id. */
const afterSharers = '\x7f';

/** What the registry writes for a server that has a name; the rest of the record is the entry's own. */
export type StoredName = Pick<Endpoint, 'serverId' | 'address'> &
  Pick<NameRecord, 'metadata' | 'registeredAt'>;

/** Returns the store's key of an exclusive name, or the prefix of the keys of names that begin so. */
export function keyOfName(name: string): string {
  return namePrefix + name;
}

/** Returns the store's key of a server's share in a name; without a server, the prefix of all of these. */
export function keyOfShare(name: string, serverId = ''): string {
  return keyOfName(name) + sharer + serverId;
}

/** Returns a key that sorts after those of a name and all shares in it, and before those of every name that follows. */
export function keyAfterName(name: string): string {
  return keyOfShare(name, afterSharers);
}

/** Returns the entries of a name: one, or one for each of the servers that share it, or none. */
export async function entriesOf(
  store: Pick<Store, 'get' | 'range'>,
  name: string,
): Promise<readonly Entry[]> {
  const exclusive = await store.get(keyOfName(name));
  return exclusive === undefined ? (await store.range({ prefix: keyOfShare(name) })).entries : [exclusive];
}

/** Reports whether a key is one under which a server has a name. */
export function isNameKey(key: string): boolean {
  return key.startsWith(namePrefix);
}

/** Returns the name that an entry is of. */
export function nameOf({ key }: Pick<Entry, 'key'>): string {
  const [name = ''] = key.slice(namePrefix.length).split(sharer, 1);
  return name;
}

/** Reports whether an entry is a server's share in a name. */
export function isShare({ key }: Entry): boolean {
  return key.includes(sharer);
}

/** Returns the value that the store keeps for a name. */
export function valueOfName(stored: StoredName): string {
  return JSON.stringify(stored);
}

/** Makes a name's record of its entry or, where it is shared, of the entries of its servers. */
export function recordOf(first: Entry, ...others: readonly Entry[]): NameRecord {
  // Only names that have been checked are ever written.
  const name = nameOf(first) as ObjectName;
  if (!isShare(first)) {
    const { address, serverId, metadata, registeredAt } = storedIn(first);
    const endpoints = [{ address, serverId, leaseId: first.leaseId ?? '' }];
    return { name, endpoints, metadata, revision: first.modRevision, registeredAt };
  }
  const entries = [first, ...others];
  const stored = entries.map((entry) => ({ ...storedIn(entry), leaseId: entry.leaseId ?? '' }));
  const byAge = stored.toSorted((a, b) => (a.registeredAt < b.registeredAt ? -1 : 1));
  return {
    name,
    endpoints: stored.map(({ address, serverId, leaseId }) => ({ address, serverId, leaseId })),
    shared: true,
    // Of a key that two servers set, the value of the later registration stands.
    metadata: Object.fromEntries(byAge.flatMap(({ metadata }) => Object.entries(metadata))),
    registeredAt: byAge[0]?.registeredAt ?? '',
    revision: Math.max(...entries.map(({ modRevision }) => modRevision)),
  };
}

/** Reads what the registry wrote for a server that has a name; of a damaged record that went, nothing is known. */
export function storedIn(entry: Entry): StoredName {
  if (entry.value === '') {
    return { serverId: 'unknown', address: '', metadata: {}, registeredAt: new Date(0).toISOString() };
  }
  return JSON.parse(entry.value) as StoredName;
}
