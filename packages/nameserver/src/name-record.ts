import type { Metadata, NameRecord, ObjectName } from '@patchbay/objects';
import type { Entry } from '@patchbay/store';

const namePrefix = 'name/';
/** Stands between a shared name and a server's id: no name has it, and it sorts before whatever a name may have. */
const sharer = '!';
/** Sorts after every server id. */
const afterSharers = '\x7f';

/** What the registry writes for a server that has a name; the rest of the record is the entry's own. */
export interface StoredName {
  readonly serverId: string;
  readonly address: string;
  readonly metadata: Metadata;
  readonly registeredAt: string;
}

/** Returns the store's key of an exclusive name, or the prefix of the keys of names that begin so. */
export function keyOfName(name: string): string {
  return namePrefix + name;
}

/** Returns the store's key of a server's share in a name; without a server, the prefix of all of these. */
export function keyOfShare(name: string, serverId = ''): string {
  return keyOfName(name) + sharer + serverId;
}

/** Returns a key after which the names that follow a name begin. */
export function keyAfterName(name: string): string {
  return keyOfName(afterShares(name));
}

/** Returns a text that sorts after a name and all shares in it, and before every name that follows. */
export function afterShares(name: string): string {
  return name + sharer + afterSharers;
}

/** Returns the suffix of a name's key: the name, with the server that shares it. */
export function keySuffix(key: string): string {
  return key.slice(namePrefix.length);
}

/** Returns the name in a key suffix. */
export function nameIn(suffix: string): string {
  const [name = ''] = suffix.split(sharer, 1);
  return name;
}

/** Reports whether a key is one under which a server has a name. */
export function isNameKey(key: string): boolean {
  return key.startsWith(namePrefix);
}

/** Returns the name that an entry is of. */
export function nameOf({ key }: Entry): string {
  return nameIn(keySuffix(key));
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
  return others.length === 0 && !isShare(first) ? recordOfOne(first) : recordOfMany(first, ...others);
}

/** The usual case, on the way of every lookup. */
function recordOfOne(entry: Entry): NameRecord {
  const { address, serverId, metadata, registeredAt } = storedIn(entry);
  return {
    name: nameOf(entry) as ObjectName,
    endpoints: [{ address, serverId, leaseId: entry.leaseId ?? '' }],
    metadata,
    revision: entry.modRevision,
    registeredAt,
  };
}

function recordOfMany(first: Entry, ...others: readonly Entry[]): NameRecord {
  const entries = [first, ...others];
  const stored = entries.map(storedIn);
  return {
    // Only names that have been checked are ever written.
    name: nameOf(first) as ObjectName,
    endpoints: stored.map(({ address, serverId }, index) => ({
      address,
      serverId,
      leaseId: entries[index]?.leaseId ?? '',
    })),
    ...(isShare(first) ? { shared: true } : {}),
    ...together(stored),
    revision: Math.max(...entries.map(({ modRevision }) => modRevision)),
  };
}

/** Merges what the servers of a name say of it: of a key that two set, the value of the later registration stands. */
function together(stored: readonly StoredName[]): Pick<NameRecord, 'metadata' | 'registeredAt'> {
  const byAge = [...stored].sort((a, b) => (a.registeredAt < b.registeredAt ? -1 : 1));
  return {
    metadata: Object.fromEntries(byAge.flatMap(({ metadata }) => Object.entries(metadata))),
    registeredAt: byAge[0]?.registeredAt ?? '',
  };
}

/** Reads what the registry wrote for a server that has a name. */
export function storedIn(entry: Entry): StoredName {
  return JSON.parse(entry.value) as StoredName;
}
