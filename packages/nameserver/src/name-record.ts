import { type Metadata, type NameRecord, type ObjectName } from '@patchbay/core';
import { type Entry } from '@patchbay/store';

const namePrefix = 'name/';

/** What the registry writes under a name; the rest of its record is the entry's own. */
export interface StoredName {
  readonly serverId: string;
  readonly address: string;
  readonly metadata: Metadata;
  readonly registeredAt: string;
}

/** Gives the store's key of a name, or of the beginning of one. */
export function keyOfName(name: string): string {
  return namePrefix + name;
}

/** Gives the text that the store keeps for a name. */
export function valueOfName(stored: StoredName): string {
  return JSON.stringify(stored);
}

/** Makes a name's record of its entry. */
export function recordOf(entry: Entry): NameRecord {
  const { serverId, address, metadata, registeredAt } = storedIn(entry);
  return {
    // Only names that have been checked are ever written.
    name: entry.key.slice(namePrefix.length) as ObjectName,
    endpoints: [{ address, serverId, leaseId: entry.leaseId ?? '' }],
    metadata,
    revision: entry.modRevision,
    registeredAt,
  };
}

/** Reads what the registry wrote under a name. */
export function storedIn(entry: Entry): StoredName {
  return JSON.parse(entry.value) as StoredName;
}
