import {
  type Caller,
  type Endpoint,
  type NameClaim,
  type NameServerMethods,
  quoted,
} from '@patchbay/objects';
import type { Compare, Entry, Operation, Outcome, Store } from '@patchbay/store';

import { nameServerError } from './errors.js';
import { lossNotice } from './lost-names.js';
import {
  entriesOf,
  isNameKey,
  isShare,
  keyAfterName,
  keyOfName,
  keyOfShare,
  nameOf,
  storedIn,
  valueOfName,
} from './name-record.js';
import { isAdmin, isNamed, owns, registersForHost } from './ownership.js';

/** A server that claims names, and the caller whose server it is. */
export interface Registrant extends Pick<Endpoint, 'serverId' | 'address' | 'socket' | 'machine'> {
  readonly caller: Caller;
}

/** What it takes to give a name to a server. */
export interface Grant {
  /** What the registry must still be like when the name is given. */
  readonly conditions: readonly Compare[];
  /** The entries that make room for the new one; they may be taken away before. */
  readonly displaced: readonly Entry[];
  /** The former leases of the server's own entries. */
  readonly formerLeases: readonly string[];
  operations(leaseId: string, registeredAt: string): readonly Operation[];
}

/** The known entries of some names: read once, then as refused commits return them, so that a retry needs no read. */
export class KnownEntries {
  readonly #entries = new Map<string, Entry>();

  add(...entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#entries.set(entry.key, entry);
    }
  }

  delete(...entries: readonly Entry[]): void {
    for (const { key } of entries) {
      this.#entries.delete(key);
    }
  }

  /** Returns the entry of an exclusive name, or those of a shared one's servers. */
  of(name: string): readonly Entry[] {
    return [...this.#entries.values()].filter((entry) => nameOf(entry) === name);
  }

  /** Learns from a commit that was refused what refused it; reports whether it was committed. */
  learn(outcome: Outcome): outcome is Outcome & { readonly committed: true } {
    if (outcome.committed) {
      return true;
    }
    for (const { condition, entries } of outcome.conflicts) {
      if ('key' in condition) {
        this.#entries.delete(condition.key);
      }
      this.add(...entries.filter(({ key }) => isNameKey(key)));
    }
    return false;
  }
}

/** Reads what a claim meets: of a name that it shares, the shares of others are none of its business. */
export async function readClaimed(
  store: Pick<Store, 'get' | 'range'>,
  { serverId, caller }: Registrant,
  { name, shared = false }: NameClaim,
): Promise<readonly Entry[]> {
  if (!shared) {
    return entriesOf(store, name);
  }
  const exclusive = await store.get(keyOfName(name));
  if (exclusive !== undefined) {
    return [exclusive]; // nobody shares what one has alone
  }
  const owners = registersForHost(caller) ? [caller.principal, 'local' as const] : [caller.principal];
  const shares = await Promise.all(owners.map((owner) => store.get(keyOfShare(name, serverId, owner))));
  return shares.filter((share) => share !== undefined);
}

/**
 * Plans how a claim is met: the name is free, the registrant's own, shared, or to be replaced. A server's own are names
 * that the same principal registered with the same server id, and those of `local` where the server now registers on
 * behalf of its host; it may replace those of its other servers, an admin all.
 *
 * @throws RpcError `NAME_TAKEN`
 */
export function planGrant(registrant: Registrant, claim: NameClaim, known: KnownEntries): Grant {
  const { name, shared = false, replace = false, metadata = {} } = claim;
  const { serverId, address, socket, machine, caller } = registrant;
  const host = caller.principal;
  const local = registersForHost(caller) ? true : undefined;
  const key = shared ? keyOfShare(name, serverId, host) : keyOfName(name);
  const isMet = (entry: Entry): boolean =>
    !(shared && isShare(entry)) || entry.key === key || isOf(registrant, entry);
  const present = known.of(name).filter(isMet);
  const own = present.filter((entry) => isOf(registrant, entry));
  const others = present.filter((entry) => !own.includes(entry));
  const mayReplace = (entry: Entry): boolean =>
    replace && (registersForHost(caller) || mayChange(caller, 'register', entry));
  const owner = others.find((entry) => !mayReplace(entry));
  if (owner !== undefined) {
    throw taken(claim, owner, caller);
  }
  const displaced = present.filter((entry) => entry.key !== key || others.includes(entry));
  return {
    conditions: conditionsOf(name, key, present),
    displaced,
    formerLeases: own.flatMap(({ leaseId }) => leaseId ?? []),
    operations: (leaseId, registeredAt) => [
      ...displaced.flatMap((entry) =>
        entry.key === key ? lossNotice(entry) : displacementOf(entry, registrant),
      ),
      {
        put: key,
        value: valueOfName({ serverId, address, socket, machine, local, host, metadata, registeredAt }),
        leaseId,
      },
    ],
  };
}

/**
 * Returns the conditions on which a name is given. Whoever has a name alone shares it with nobody, so that to watch the
 * one entry is to watch for all others: a registration may have 100 claims, and a commit 128 conditions.
 */
function conditionsOf(name: string, key: string, present: readonly Entry[]): readonly Compare[] {
  const exclusiveKey = keyOfName(name);
  const holder = present.find((entry) => entry.key === exclusiveKey || entry.key === key);
  if (holder !== undefined || key !== exclusiveKey) {
    return [unchanged(holder?.key ?? exclusiveKey, holder)];
  }
  const keys = { from: exclusiveKey, to: keyAfterName(name) };
  const unwrittenSince = Math.max(0, ...present.map(({ modRevision }) => modRevision));
  return [{ keys, unwrittenSince }, ...present.map((entry) => unchanged(entry.key, entry))];
}

/** Returns the condition that a key is still as it is known. */
export function unchanged(key: string, entry: Entry | undefined): Compare {
  return { key, modRevision: entry?.modRevision ?? 0 };
}

/** Returns the writes that take an entry away, and let its server know where that is not the one that takes it. */
export function displacementOf(entry: Entry, registrant?: Registrant): readonly Operation[] {
  const isOwn = registrant !== undefined && isOf(registrant, entry);
  return [{ delete: entry.key }, ...(isOwn ? [] : lossNotice(entry))];
}

/** Reports whether a caller may take an entry away or change it by a method: its owner may, and an admin. */
export function mayChange(caller: Caller, method: keyof NameServerMethods, entry: Entry): boolean {
  return isAdmin(caller, method) || owns(caller, storedIn(entry).host);
}

/** Reports whether an entry is that of a server: the same id of another principal is another server. */
function isOf({ serverId, caller }: Registrant, entry: Entry): boolean {
  const { serverId: ofServer, host } = storedIn(entry);
  return ofServer === serverId && (owns(caller, host) || (registersForHost(caller) && !isNamed(host)));
}

function taken({ name, shared = false, replace = false }: NameClaim, owner: Entry, caller: Caller): Error {
  const { serverId, address, host } = storedIn(owner);
  const details = { name, address, serverId, host };
  const whose = isNamed(host) || isNamed(caller.principal) ? ` of ${host}` : '';
  const server = `server ${quoted(serverId)}${whose} at ${address}`;
  if (replace) {
    const message = `the name "${name}" belongs to ${server}; only ${host} and an admin may replace it`;
    return nameServerError('NAME_TAKEN', message, { details });
  }
  const message = isShare(owner)
    ? `the name "${name}" is shared, among others by ${server}; claim it as shared too, ` +
      `remove the name, or register under another one`
    : `the name "${name}" belongs to ${server}${shared ? ', which does not share it' : ''}; ` +
      `stop that server, remove its name, or register under another one`;
  return nameServerError('NAME_TAKEN', message, { details });
}
