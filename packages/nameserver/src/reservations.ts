import { type Caller, type NameClaim, quoted } from '@patchbay/objects';
import type { Compare, Entry, Operation } from '@patchbay/store';

import { nameServerError } from './errors.js';
import { isOwnName } from './host-names.js';
import { isAdmin, isHost, registersForHost } from './ownership.js';

/** How many names are reserved for one host. */
export const maxReservations = 1000;

const prefix = 'reserved/';

/** What a claim does to the reservation of its name. */
export interface ReservationChange {
  readonly condition: Compare;
  readonly operation: Operation;
  /** Whether it is a reservation more of the caller's. */
  readonly isNew: boolean;
}

/**
 * Knows for which hosts names are reserved: for the last one that had the name alone, until an admin removes the name or
 * gives it away. The names below a host's own `*.NAME`, which no other may register, need no reservation, and those that
 * are shared have none. It follows a store's entries.
 */
export class Reservations {
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<string, number>();

  /** Puts an entry in the place of the one that its key had before; what is no reservation is left out. */
  replace(before: Entry | undefined, after: Entry | undefined): void {
    if (before?.key.startsWith(prefix) === true) {
      this.#entries.delete(before.key);
      this.#count(before.value, -1);
    }
    if (after?.key.startsWith(prefix) === true) {
      this.#entries.set(after.key, after);
      this.#count(after.value, 1);
    }
  }

  /** Returns the write that lifts a name's reservation, and its condition; undefined where there is none. */
  lifting(name: string): Omit<ReservationChange, 'isNew'> | undefined {
    const entry = this.#entries.get(prefix + name);
    return entry === undefined
      ? undefined
      : { condition: conditionOf(entry.key, entry), operation: { delete: entry.key } };
  }

  /**
   * Returns what a claim does to the reservation of its name, if anything. A name that is reserved for another is given
   * away by an admin that replaces, and by what is registered by the socket file on behalf of a host.
   * @throws RpcError `NAME_NOT_ALLOWED`
   */
  planFor(
    caller: Caller,
    { name, shared = false, replace = false }: NameClaim,
  ): ReservationChange | undefined {
    const { principal } = caller;
    const wanted = isHost(principal) && !shared && !isOwnName(principal, name) ? principal : undefined;
    const key = prefix + name;
    const entry = this.#entries.get(key);
    if (entry?.value === wanted) {
      return undefined;
    }
    const mayGiveAway = registersForHost(caller) || (replace && isAdmin(caller, 'register'));
    if (entry !== undefined && entry.value !== principal && !mayGiveAway) {
      throw reserved(name, entry.value, caller);
    }
    return {
      condition: conditionOf(key, entry),
      operation: wanted === undefined ? { delete: key } : { put: key, value: wanted },
      isNew: wanted !== undefined,
    };
  }

  /**
   * Checks that a host does not get too many reservations by itself. @throws RpcError `RESERVATIONS_EXHAUSTED`
   */
  checkRoom(caller: Caller, changes: readonly ReservationChange[]): void {
    const { principal } = caller;
    if (registersForHost(caller)) {
      return; // as root of this machine configured it
    }
    const added = changes.filter(({ isNew }) => isNew).length;
    if (added > 0 && (this.#counts.get(principal) ?? 0) + added > maxReservations) {
      throw nameServerError(
        'RESERVATIONS_EXHAUSTED',
        `${String(maxReservations)} names are reserved for ${principal}; let an admin remove those that it needs no more, ` +
          `or register names that end in ".${principal.slice('host:'.length)}"`,
        { details: { principal, maxReservations } },
      );
    }
  }

  #count(host: string, added: number): void {
    const count = (this.#counts.get(host) ?? 0) + added;
    if (count > 0) {
      this.#counts.set(host, count);
    } else {
      this.#counts.delete(host);
    }
  }
}

function conditionOf(key: string, entry: Entry | undefined): Compare {
  return { key, modRevision: entry?.modRevision ?? 0 };
}

/** Makes the error about a name that is reserved: for whom is told to admins alone. */
function reserved(name: string, host: string, caller: Caller): Error {
  const told = isAdmin(caller, 'register');
  const message = told
    ? `the name ${quoted(name)} is reserved for ${host}; remove it, or give it away by replacing it`
    : `the name ${quoted(name)} is reserved for another host; let an admin remove it, or register under another one`;
  const details = { name, ...(told && { reservedFor: host }) };
  return nameServerError('NAME_NOT_ALLOWED', message, { details });
}
