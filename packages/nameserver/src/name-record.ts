import type { Caller, Endpoint, NameRecord, ObjectName, Principal } from '@patchbay/objects';
import type { Entry, Store } from '@patchbay/store';

import { leaseIdFor } from './lease-owners.js';
import { isNamed, owns } from './ownership.js';

const namePrefix = 'name/';
/** Stands between a shared name and a server's id: no name has it, and it sorts before whatever a name may have. */
const sharer = '!';
/** Stands between a server's id and the host whose server it is: no id has it. */
const hostMark = ' ';
/** Sorts after every server id. */
const afterSharers = '\x7f';

/** What the registry writes for a server that has a name; the rest of the record is the entry's own. */
export type StoredName = Pick<Endpoint, 'serverId' | 'address' | 'socket' | 'machine' | 'local'> &
  Pick<NameRecord, 'metadata' | 'registeredAt'> & {
    /** The principal that registered it; earlier versions wrote none. */
    readonly host: Principal;
  };

/** Returns the store's key of an exclusive name, or the prefix of the keys of names that begin so. */
export function keyOfName(name: string): string {
  return namePrefix + name;
}

/** Returns the prefix of the store's keys of the shares in a name. */
export function keyOfShares(name: string): string {
  return keyOfName(name) + sharer;
}

/** Returns the store's key of a principal's server's share in a name. */
export function keyOfShare(name: string, serverId: string, owner: Principal): string {
  return keyOfShares(name) + serverId + (isNamed(owner) ? hostMark + owner : '');
}

/** Returns a key that sorts after those of a name and all shares in it, and before those of every name that follows. */
export function keyAfterName(name: string): string {
  return keyOfShares(name) + afterSharers;
}

/** Returns the entries of a name: one, or one for each of the servers that share it, or none. */
export async function entriesOf(
  store: Pick<Store, 'get' | 'range'>,
  name: string,
): Promise<readonly Entry[]> {
  const exclusive = await store.get(keyOfName(name));
  return exclusive === undefined ? (await store.range({ prefix: keyOfShares(name) })).entries : [exclusive];
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

/** Makes a name's record for a caller of its entry or, where it is shared, of the entries of its servers. */
export function recordOf(caller: Caller, first: Entry, ...others: readonly Entry[]): NameRecord {
  // Only names that have been checked are ever written.
  const name = nameOf(first) as ObjectName;
  if (!isShare(first)) {
    const stored = storedIn(first);
    const { metadata, registeredAt } = stored;
    const endpoints = [endpointOf(caller, stored, first)];
    return { name, endpoints, metadata, revision: first.modRevision, registeredAt };
  }
  const entries = [first, ...others];
  const servers = entries.map((entry) => ({ entry, stored: storedIn(entry) }));
  const byAge = servers
    .map(({ stored }) => stored)
    .sort((a, b) => (a.registeredAt < b.registeredAt ? -1 : 1));
  return {
    name,
    endpoints: servers.map(({ entry, stored }) => endpointOf(caller, stored, entry)),
    shared: true,
    // Of a key that two servers set, the value of the later registration stands.
    metadata: Object.fromEntries(byAge.flatMap(({ metadata }) => Object.entries(metadata))),
    registeredAt: byAge[0]?.registeredAt ?? '',
    revision: Math.max(...entries.map(({ modRevision }) => modRevision)),
  };
}

/** Returns a server that has a name as a caller sees it: with the lease only where it is the caller's own. */
function endpointOf(
  caller: Caller,
  { address, serverId, host, socket, machine, local }: StoredName,
  { leaseId = '' }: Entry,
): Endpoint {
  return {
    address,
    serverId,
    host,
    ...(socket !== undefined && { socket }),
    ...(machine !== undefined && { machine }),
    ...(local !== undefined && { local }),
    ...(owns(caller, host) && { leaseId: leaseIdFor(host, leaseId) }),
  };
}

/** Reads what the registry wrote for a server that has a name; of a damaged record that went, nothing is known. */
export function storedIn(entry: Entry): StoredName {
  if (entry.value === '') {
    const registeredAt = new Date(0).toISOString();
    return { serverId: 'unknown', address: '', host: 'local', metadata: {}, registeredAt };
  }
  const stored = JSON.parse(entry.value) as { host?: Principal };
  stored.host ??= 'local';
  return stored as StoredName;
}
