import type { Caller, Clock, NameServerInfo } from '@patchbay/objects';
import { openMirror, type Store } from '@patchbay/store';

import { CallersNames, type RegistryParts } from './callers-names.js';
import { convertLayout } from './layout.js';
import { MetadataIndex } from './metadata-index.js';
import { keyOfName } from './name-record.js';
import type { NamedPrincipal } from './ownership.js';
import { type NamesOf, Registrar } from './registrar.js';
import { Reservations } from './reservations.js';

/** What a registry needs. */
export interface RegistryOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** What `info` answers. */
  readonly version: string;
  /** Returns why the store cannot be written. Default: it can. */
  readonly problem?: (() => string | undefined) | undefined;
  /** Default: none, so that hosts register the names below their own `*.NAME` alone. */
  readonly namesOf?: NamesOf | undefined;
  /** Whether nobody knows which hosts were revoked: those of other machines have to wait. Default: never. */
  readonly isHeld?: (() => boolean) | undefined;
}

/**
 * The registry of names, in a store. What it answers is on disk, so that a name server that restarts has forgotten
 * nothing; it reads from a mirror of the store in memory, with an index of metadata.
 */
export class Registry {
  readonly #parts: RegistryParts;
  readonly #about;
  readonly #problem;

  private constructor(
    {
      store,
      clock,
      version,
      problem = () => undefined,
      namesOf = () => [],
      isHeld = () => false,
    }: RegistryOptions,
    index: MetadataIndex,
    reservations: Reservations,
  ) {
    const registrar = new Registrar({ store, clock, reservations, namesOf, isHeld });
    this.#parts = { store, registrar, index, info: () => this.info() };
    this.#problem = problem;
    this.#about = { version, startedAt: new Date(clock.now()).toISOString() };
  }

  /**
   * Opens the registry in a store, for as long as that is open, and converts what an earlier version wrote to this
   * one's layout. @throws RpcError `STORE_VERSION_NEWER`
   */
  static async open(options: RegistryOptions): Promise<Registry> {
    await convertLayout(options.store);
    const index = new MetadataIndex();
    const reservations = new Reservations();
    const store = await openMirror(options.store, {
      observe: (before, after) => {
        index.replace(before, after);
        reservations.replace(before, after);
      },
    });
    return new Registry({ ...options, store }, index, reservations);
  }

  /** Returns the names as a caller sees them, and may change them. */
  for(caller: Caller): CallersNames {
    return new CallersNames(this.#parts, caller);
  }

  /** Ends the leases, and with them the names, of the owners that a condition holds for. */
  async release(isMeant: (owner: NamedPrincipal) => boolean): Promise<void> {
    const { store, index } = this.#parts;
    for (const storeLeaseId of index.owners.leasesWhere(isMeant)) {
      await store.revokeLease(storeLeaseId);
    }
  }

  /** Describes the registry as a whole. */
  async info(): Promise<NameServerInfo> {
    const { store, index } = this.#parts;
    const [names, revision] = await Promise.all([store.count(keyOfName('')), store.revision()]);
    const problem = this.#problem();
    return {
      ...this.#about,
      names,
      leases: index.leases,
      revision,
      ...(problem !== undefined && { problem }),
    };
  }
}
