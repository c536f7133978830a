import { type Caller, type Principal, quoted } from '@patchbay/objects';

import { nameServerError } from './errors.js';
import { isNamed, type NamedPrincipal, owns } from './ownership.js';

/** Stands between a lease's id in the store and its owner: no id has it. */
const separator = '~';

/**
 * Returns a lease's id as its owner gets it: that of a host or user tells whose it is, so that it is refused to others
 * whether or not there is such a lease.
 */
export function leaseIdFor(owner: Principal, storeLeaseId: string): string {
  return isNamed(owner) ? `${storeLeaseId}${separator}${owner}` : storeLeaseId;
}

/** Returns the store's id of a lease that a caller was granted, as its id says. @throws RpcError `LEASE_NOT_OWNED` */
export function storeLeaseIdOf(caller: Caller, leaseId: string): string {
  const at = leaseId.indexOf(separator);
  const storeLeaseId = at === -1 ? leaseId : leaseId.slice(0, at);
  if (leaseId !== leaseIdFor(caller.principal, storeLeaseId)) {
    throw nameServerError(
      'LEASE_NOT_OWNED',
      `the lease ${quoted(leaseId)} was not granted to ${caller.principal}; register to get a lease`,
      { details: { leaseId, principal: caller.principal } },
    );
  }
  return storeLeaseId;
}

/**
 * Knows which leases belong to hosts and users, by what hangs on them. A lease that it does not know is this machine's,
 * or has ended.
 */
export class LeaseOwners {
  readonly #leases = new Map<string, { readonly owner: NamedPrincipal; entries: number }>();

  /** Reports whether a caller owns a lease that may be there. */
  isOwner(caller: Caller, storeLeaseId: string): boolean {
    return owns(caller, this.#leases.get(storeLeaseId)?.owner ?? 'local');
  }

  /** Counts what a principal has put on a lease, or with -1 what has been taken off it. */
  count(storeLeaseId: string | undefined, owner: Principal, added: 1 | -1): void {
    if (storeLeaseId === undefined || !isNamed(owner)) {
      return;
    }
    const lease = this.#leases.get(storeLeaseId) ?? { owner, entries: 0 };
    lease.entries += added;
    if (lease.entries > 0) {
      this.#leases.set(storeLeaseId, lease);
    } else {
      this.#leases.delete(storeLeaseId);
    }
  }

  /** Returns the leases of the owners that a condition holds for. */
  leasesWhere(isMeant: (owner: NamedPrincipal) => boolean): string[] {
    return [...this.#leases].flatMap(([storeLeaseId, { owner }]) => (isMeant(owner) ? [storeLeaseId] : []));
  }
}
