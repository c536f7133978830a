import {
  type Clock,
  defaultLeaseMs,
  type Lease,
  type NameClaim,
  nameServerObject,
  parseObjectName,
  quoted,
} from '@patchbay/objects';
import { type Store } from '@patchbay/store';

import { checkAddress } from './address.js';
import { type Claimant, type Giving, lookAtClaim } from './claim.js';
import { nameServerError } from './errors.js';
import { checkMetadata } from './metadata.js';
import { isNameKey } from './name-record.js';

/** The bounds of a lease's time, in milliseconds. */
export const leaseBounds = { minMs: 1000, maxMs: 3_600_000 } as const;

/** A server with the names that it wants. */
interface Applicant extends Claimant {
  readonly claims: readonly NameClaim[];
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
  async register(applicant: Applicant, ttlMs = defaultLeaseMs): Promise<Lease> {
    checkServerId(applicant.serverId);
    checkAddress(applicant.address);
    checkTtl(ttlMs);
    checkClaims(applicant.claims);
    let givings = await this.#look(applicant);
    // From here on a failure leaves a lease without names, which ends by itself.
    const { leaseId } = await this.#store.grantLease(ttlMs);
    const registeredAt = new Date(this.#clock.now()).toISOString();
    for (;;) {
      const { committed, revision } = await this.#store.commit(
        givings.flatMap(({ conditions }) => conditions),
        givings.flatMap(({ operations }) => operations(leaseId, registeredAt)),
      );
      if (committed) {
        await this.#endEmpty(new Set(givings.flatMap(({ formerLeases }) => formerLeases)));
        return { leaseId, ttlMs, revision };
      }
      givings = await this.#look(applicant);
    }
  }

  async #look(applicant: Applicant): Promise<readonly Giving[]> {
    const givings: Giving[] = [];
    for (const claim of applicant.claims) {
      givings.push(await lookAtClaim(this.#store, applicant, claim));
    }
    return givings;
  }

  /** Ends the leases that have no name any more, so that a holder who still renews one learns of it. */
  async #endEmpty(leaseIds: ReadonlySet<string>): Promise<void> {
    for (const leaseId of leaseIds) {
      const keys = await this.#store.leaseKeys(leaseId);
      if (!keys.some(isNameKey)) {
        await this.#store.revokeLease(leaseId);
      }
    }
  }
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
