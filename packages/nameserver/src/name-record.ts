import { type Metadata, type NameRecord, type ObjectName } from '@patchbay/objects';
import { type Entry } from '@patchbay/store';

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

/** Gives the store's key of an exclusive name, or of the beginning of any. */
export function keyOfName(name: string): string {
  return namePrefix + name;
}

/** Gives the store's key of a server's share in a name, or without a server the beginning of all of these. */
export function keyOfShare(name: string, serverId = ''): string {
  return keyOfName(name) + sharer + serverId;
}

/** Gives a key after which the names that follow a name begin. */
export function keyAfterName(name: string): string {
  return keyOfName(afterShares(name));
}

/** Gives a text that sorts after a name and all shares in it, and before every name that follows. */
export function afterShares(name: string): string {
  return name + sharer + afterSharers;
}

/** Gives what stands in a name's key behind the part that all names have: the name, with the server that shares it. */
export function placeOf(key: string): string {
  return key.slice(namePrefix.length);
}

/** Gives the name that a place is of. */
export function nameAt(place: string): string {
  const [name = ''] = place.split(sharer, 1);
  return name;
}

/** Says whether a key is one under which a server has a name. */
export function isNameKey(key: string): boolean {
  return key.startsWith(namePrefix);
}

/** Gives the name that an entry is of. */
export function nameOf({ key }: Entry): string {
  return nameAt(placeOf(key));
}

/** Says whether an entry is a server's share in a name. */
export function isShare({ key }: Entry): boolean {
  return key.includes(sharer);
}

/** Gives the text that the store keeps for a name. */
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

/** Gives what servers say of a name together: of a word that two set, the one stands that registered later. */
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
