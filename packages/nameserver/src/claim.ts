import { type NameClaim, quoted } from '@patchbay/objects';
import { type Compare, type Entry, type Operation, type Store } from '@patchbay/store';

import { nameServerError } from './errors.js';
import { noticeOfLoss } from './lost-names.js';
import { isShare, keyOfName, keyOfShare, storedIn } from './name-record.js';
import { deleteName, putName } from './name-writes.js';

/** A server that claims names. */
export interface Claimant {
  readonly serverId: string;
  readonly address: string;
}

/** What giving a name to a server takes. */
export interface Giving {
  /** What the registry must still be like when the name is given. */
  readonly conditions: readonly Compare[];
  readonly formerLeases: readonly string[];
  readonly operations: (leaseId: string, registeredAt: string) => readonly Operation[];
}

/** Looks whether a claim can be met: the name is free, the claimant's own, shared, or to be replaced. @throws RpcError `NAME_TAKEN` */
export async function lookAtClaim(store: Store, claimant: Claimant, claim: NameClaim): Promise<Giving> {
  const { name, shared = false, replace = false, metadata = {} } = claim;
  const { serverId, address } = claimant;
  const key = shared ? keyOfShare(name, serverId) : keyOfName(name);
  const { present, conditions } = await look(store, name, key);
  const own = present.filter((entry) => storedIn(entry).serverId === serverId);
  const others = present.filter((entry) => !own.includes(entry));
  const [owner] = others;
  if (owner !== undefined && !replace) {
    throw taken(name, owner, shared);
  }
  const before = present.find((entry) => entry.key === key);
  const leaving = present.filter((entry) => entry !== before);
  return {
    conditions,
    formerLeases: own.flatMap(({ leaseId }) => leaseId ?? []),
    operations: (leaseId, registeredAt) => [
      ...leaving.flatMap(deleteName),
      ...others.flatMap(noticeOfLoss),
      ...putName(key, { serverId, address, metadata, registeredAt }, { before, leaseId }),
    ],
  };
}

/** Finds what a claim under a key meets: of a name that it shares, the shares of others are none of its business. */
async function look(
  store: Store,
  name: string,
  key: string,
): Promise<{ readonly present: readonly Entry[]; readonly conditions: readonly Compare[] }> {
  const exclusiveKey = keyOfName(name);
  const exclusive = await store.get(exclusiveKey);
  if (key !== exclusiveKey) {
    const own = await store.get(key);
    return {
      present: [exclusive, own].filter((entry) => entry !== undefined),
      conditions: [unchanged(exclusiveKey, exclusive), unchanged(key, own)],
    };
  }
  const shares = await store.range({ prefix: keyOfShare(name) });
  return {
    present: exclusive === undefined ? shares.entries : [exclusive, ...shares.entries],
    conditions: [
      unchanged(exclusiveKey, exclusive),
      ...shares.entries.map((entry) => unchanged(entry.key, entry)),
      { prefix: keyOfShare(name), unwrittenSince: shares.revision },
    ],
  };
}

function unchanged(key: string, entry: Entry | undefined): Compare {
  return { key, modRevision: entry?.modRevision ?? 0 };
}

function taken(name: string, owner: Entry, shared: boolean): Error {
  const { serverId, address } = storedIn(owner);
  const details = { name, address, serverId };
  const server = `server ${quoted(serverId)} at ${address}`;
  const message = isShare(owner)
    ? `the name "${name}" is shared, among others by ${server}; claim it as shared too, ` +
      `remove the name, or register under another one`
    : `the name "${name}" belongs to ${server}${shared ? ', which does not share it' : ''}; ` +
      `stop that server, remove its name, or register under another one`;
  return nameServerError('NAME_TAKEN', message, { details });
}
