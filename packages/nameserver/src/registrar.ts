import {
  type Clock,
  defaultLeaseMs,
  type Lease,
  type NameClaim,
  nameServerObject,
  parseObjectName,
  quoted,
} from '@patchbay/core';
import { type Compare, type Entry, type Operation, type Store } from '@patchbay/store';

import { checkAddress } from './address.js';
import { nameServerError } from './errors.js';
import { checkMetadata } from './metadata.js';
import { keyOfName, storedIn, valueOfName } from './name-record.js';

/** The bounds of a lease's time, in milliseconds. */
export const leaseBounds = { minMs: 1000, maxMs: 3_600_000 } as const;

/** A server that wants names. */
interface Claimant {
  readonly serverId: string;
  readonly address: string;
  readonly claims: readonly NameClaim[];
}

/** What a registration would find: the conditions that it holds under, and the leases that lose names to it. */
interface Finding {
  readonly conditions: readonly Compare[];
  readonly formerLeases: ReadonlySet<string>;
}

/** Gives names to servers. */
export class Registrar {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @throws RpcError `NAME_TAKEN` and what the checks throw */
  async register(claimant: Claimant, ttlMs = defaultLeaseMs): Promise<Lease> {
    checkServerId(claimant.serverId);
    checkAddress(claimant.address);
    checkTtl(ttlMs);
    checkClaims(claimant.claims);
    let finding = await this.#look(claimant);
    // From here on a failure leaves a lease without names, which ends by itself.
    const { leaseId } = await this.#store.grantLease(ttlMs);
    const operations = this.#operations(claimant, leaseId);
    for (;;) {
      const { committed, revision } = await this.#store.commit(finding.conditions, operations);
      if (committed) {
        await this.#endEmpty(finding.formerLeases);
        return { leaseId, ttlMs, revision };
      }
      finding = await this.#look(claimant);
    }
  }

  /** Looks whether the names are free, or the claimant's own. @throws RpcError `NAME_TAKEN` */
  async #look({ serverId, claims }: Claimant): Promise<Finding> {
    const conditions: Compare[] = [];
    const formerLeases = new Set<string>();
    for (const { name } of claims) {
      const key = keyOfName(name);
      const entry = await this.#store.get(key);
      if (entry !== undefined && storedIn(entry).serverId !== serverId) {
        throw taken(name, entry);
      }
      if (entry?.leaseId !== undefined) {
        formerLeases.add(entry.leaseId);
      }
      conditions.push({ key, modRevision: entry?.modRevision ?? 0 });
    }
    return { conditions, formerLeases };
  }

  #operations({ serverId, address, claims }: Claimant, leaseId: string): readonly Operation[] {
    const registeredAt = new Date(this.#clock.now()).toISOString();
    return claims.map(({ name, metadata = {} }) => ({
      put: keyOfName(name),
      value: valueOfName({ serverId, address, metadata, registeredAt }),
      leaseId,
    }));
  }

  /** Ends the leases that have lost their last name, so that a holder who still renews one learns of it. */
  async #endEmpty(leaseIds: ReadonlySet<string>): Promise<void> {
    for (const leaseId of leaseIds) {
      if ((await this.#store.leaseKeys(leaseId)).length === 0) {
        await this.#store.revokeLease(leaseId);
      }
    }
  }
}

function taken(name: string, entry: Entry): Error {
  const { serverId, address } = storedIn(entry);
  return nameServerError(
    'NAME_TAKEN',
    `the name "${name}" belongs to server ${quoted(serverId)} at ${address}; ` +
      `stop that server, remove its name, or register under another one`,
    { details: { name, address, serverId } },
  );
}

function checkServerId(serverId: string): void {
  if (!/^[\x21-\x7e]{1,64}$/.test(serverId)) {
    throw nameServerError(
      'SERVER_ID_INVALID',
      `server id ${quoted(serverId)}: give 1 to 64 letters, digits and signs of ASCII, without spaces`,
    );
  }
}

function checkTtl(ttlMs: number): void {
  if (!Number.isInteger(ttlMs) || ttlMs < leaseBounds.minMs || ttlMs > leaseBounds.maxMs) {
    throw nameServerError(
      'TTL_OUT_OF_RANGE',
      `a lease of ${String(ttlMs)} ms; give whole milliseconds from ${String(leaseBounds.minMs)} (1 s) ` +
        `to ${String(leaseBounds.maxMs)} (1 h)`,
      { details: { ttlMs, ...leaseBounds } },
    );
  }
}

function checkClaims(claims: readonly NameClaim[]): void {
  const seen = new Set<string>();
  for (const { name, metadata = {} } of claims) {
    parseObjectName(name);
    if (name === nameServerObject) {
      throw nameServerError('NAME_RESERVED', `the name "${name}" is the name server's own; choose another`);
    }
    if (seen.has(name)) {
      throw nameServerError('NAME_REPEATED', `the name "${name}" is claimed twice in one registration`);
    }
    seen.add(name);
    checkMetadata(metadata);
  }
}
