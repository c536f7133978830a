import {
  type Caller,
  type Clock,
  defaultLeaseMs,
  identityObjectName,
  type Lease,
  type NameClaim,
  nameServerObject,
  parseObjectName,
  quoted,
} from '@patchbay/objects';
import type { Entry, Store } from '@patchbay/store';

import { checkAddress, checkSocket } from './address.js';
import { nameServerError } from './errors.js';
import {
  displacementOf,
  type Grant,
  KnownEntries,
  planGrant,
  readClaimed,
  type Registrant,
  unchanged,
} from './grant.js';
import { mayRegister } from './host-names.js';
import { ownerNotice } from './lost-names.js';
import { checkMetadata } from './metadata.js';
import { isNameKey } from './name-record.js';
import { isAdmin, isHost, isNamed, type NamedPrincipal, registersForHost } from './ownership.js';
import type { ReservationChange, Reservations } from './reservations.js';

/** The bounds of a lease's time, in milliseconds. */
export const leaseBounds = { minMs: 1000, maxMs: 3_600_000 } as const;

/** How many names one registration may claim. */
export const maxClaims = 100;

/** How many operations a commit of the registry has at the most. */
export const maxOperations = 100;

/** Returns the names and globs that a principal may register, beside a host's own. */
export type NamesOf = (principal: NamedPrincipal) => readonly string[];

/** What a registrar needs. */
export interface RegistrarOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly reservations: Reservations;
  readonly namesOf: NamesOf;
  /** Whether nobody knows which hosts were revoked, as after a restore: those of other machines have to wait. */
  readonly isHeld: () => boolean;
}

/** What it takes to meet all claims of a registration. */
interface Plan {
  readonly grants: readonly Grant[];
  readonly reserving: readonly ReservationChange[];
}

/** Registers names for servers, and removes them. */
export class Registrar {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #reservations: Reservations;
  readonly #namesOf: NamesOf;
  readonly #isHeld: () => boolean;

  constructor({ store, clock, reservations, namesOf, isHeld }: RegistrarOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#reservations = reservations;
    this.#namesOf = namesOf;
    this.#isHeld = isHeld;
  }

  /** @throws RpcError `REGISTRATIONS_HELD`, `NAME_TAKEN`, `NAME_NOT_ALLOWED`, `RESERVATIONS_EXHAUSTED`, and what the checks throw */
  async register(
    registrant: Registrant,
    claims: readonly NameClaim[],
    ttlMs = defaultLeaseMs,
  ): Promise<Lease> {
    checkServerId(registrant.serverId);
    checkAddress(registrant.address);
    checkSocket(registrant);
    checkTtl(ttlMs);
    checkClaims(claims);
    this.#checkHeld(registrant.caller);
    this.#checkAllowed(registrant.caller, claims);
    const known = new KnownEntries();
    for (const claim of claims) {
      known.add(...(await readClaimed(this.#store, registrant, claim)));
    }
    const plan = (): Plan => {
      const grants = claims.map((claim) => planGrant(registrant, claim, known));
      const reserving = claims.flatMap((claim) => this.#reservations.planFor(registrant.caller, claim) ?? []);
      this.#reservations.checkRoom(registrant.caller, reserving);
      return { grants, reserving };
    };
    let { grants, reserving } = plan();
    // From here on a failure leaves a lease without names, which ends by itself.
    const lease = await this.#store.grantLease(ttlMs);
    const registeredAt = new Date(this.#clock.now()).toISOString();
    for (; ; { grants, reserving } = plan()) {
      const operations = grants.flatMap((grant) => grant.operations(lease.leaseId, registeredAt));
      const { principal } = registrant.caller;
      if (operations.length === 0 && isNamed(principal)) {
        operations.push(ownerNotice(lease.leaseId, principal));
      }
      if (operations.length === 0) {
        return { ...lease, revision: await this.#store.revision() };
      }
      if (operations.length > maxOperations) {
        const displaced = grants.flatMap((grant) => grant.displaced);
        if (displaced.length > 0) {
          await this.displace(displaced, known, registrant);
          continue;
        }
      }
      if (operations.length + reserving.length > maxOperations) {
        await this.#reserve(reserving); // a host's first registration of so many names
        continue;
      }
      const outcome = await this.#store.commit(
        [...grants.flatMap(({ conditions }) => conditions), ...reserving.map(({ condition }) => condition)],
        [...operations, ...reserving.map(({ operation }) => operation)],
      );
      if (known.learn(outcome)) {
        await this.#endEmpty(new Set(grants.flatMap(({ formerLeases }) => formerLeases)));
        return { ...lease, revision: outcome.revision };
      }
    }
  }

  /**
   * Takes entries away and lets their servers know, other than the registrant: so many that one commit can, the first ones.
   * What was learned is in `known` then. Returns false where something has changed.
   */
  async displace(entries: readonly Entry[], known: KnownEntries, registrant?: Registrant): Promise<boolean> {
    const some = entries.slice(0, maxOperations / 2); // an entry takes two writes
    const outcome = await this.#store.commit(
      some.map((entry) => unchanged(entry.key, entry)),
      some.flatMap((entry) => displacementOf(entry, registrant)),
    );
    if (known.learn(outcome)) {
      known.delete(...some);
    }
    return outcome.committed;
  }

  /** Lifts the reservation of a name, whoever has it; reports whether there was one. */
  async lift(name: string): Promise<boolean> {
    for (;;) {
      const lifting = this.#reservations.lifting(name);
      if (lifting === undefined) {
        return false;
      }
      const { committed } = await this.#store.commit([lifting.condition], [lifting.operation]);
      if (committed) {
        return true;
      }
    }
  }

  async #reserve(changes: readonly ReservationChange[]): Promise<void> {
    const some = changes.slice(0, maxOperations);
    await this.#store.commit(
      some.map(({ condition }) => condition),
      some.map(({ operation }) => operation),
    );
  }

  /** @throws RpcError `NAME_NOT_ALLOWED` */
  #checkHeld(caller: Caller): void {
    if (isNamed(caller.principal) && !registersForHost(caller) && this.#isHeld()) {
      throw nameServerError(
        'REGISTRATIONS_HELD',
        'the name server was restored from a backup, and takes no names of other machines until servers had the time ' +
          'to say which hosts were revoked since: try again in a few seconds',
      );
    }
  }

  #checkAllowed(caller: Caller, claims: readonly NameClaim[]): void {
    const { principal } = caller;
    if (
      principal === 'local' ||
      registersForHost(caller) ||
      (!isHost(principal) && isAdmin(caller, 'register'))
    ) {
      return;
    }
    const allowed = isNamed(principal) ? this.#namesOf(principal) : [];
    const refused = claims.find(({ name }) => !isNamed(principal) || !mayRegister(principal, name, allowed));
    if (refused !== undefined) {
      const { name } = refused;
      throw nameServerError(
        'NAME_NOT_ALLOWED',
        `${principal} may not register the name "${name}"; let an admin allow it` +
          (isHost(principal) ? `, or register one that ends in ".${principal.slice('host:'.length)}"` : ''),
        { details: { principal, name } },
      );
    }
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
  if (claims.length > maxClaims) {
    throw nameServerError(
      'CLAIMS_EXHAUSTED',
      `${String(claims.length)} names in one registration; register at most ${String(maxClaims)} at once, ` +
        `the others under a lease of their own`,
      { details: { claims: claims.length, maxClaims } },
    );
  }
  const seen = new Set<string>();
  for (const { name, metadata = {} } of claims) {
    parseObjectName(name);
    if (name === nameServerObject || name === identityObjectName) {
      throw nameServerError('NAME_RESERVED', `the name "${name}" is the name server's own; choose another`);
    }
    if (seen.has(name)) {
      throw nameServerError('NAME_REPEATED', `the name "${name}" is claimed twice in one registration`);
    }
    seen.add(name);
    checkMetadata(metadata);
  }
}
