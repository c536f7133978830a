import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Caller, localCaller, type NameClaim } from '@patchbay/objects';
import { FakeClock } from '@patchbay/objects/testing';
import { type CallersNames, maxClaims, Registry, type RegistryOptions } from '@patchbay/nameserver';
import { openSqliteStore, type Store } from '@patchbay/store';

/** A registry in a directory of a test's own, on a clock that the test advances. */
export class OpenedRegistry implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly #directory: string;
  readonly #namesOf: RegistryOptions['namesOf'];
  #store: Store;
  /** The registry, whoever calls. */
  whole: Registry;
  /** The registry, as this machine sees it. */
  registry: CallersNames;

  private constructor(
    directory: string,
    opened: Opened,
    clock: FakeClock,
    namesOf: RegistryOptions['namesOf'],
  ) {
    this.#namesOf = namesOf;
    this.clock = clock;
    this.#directory = directory;
    this.#store = opened.store;
    this.whole = opened.whole;
    this.registry = this.for(localCaller('in-memory'));
  }

  /** @param historyRevisions - how many revisions a watcher may be behind */
  static async open(
    historyRevisions?: number,
    namesOf?: RegistryOptions['namesOf'],
  ): Promise<OpenedRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-registry-'));
    const clock = new FakeClock();
    const opened = await openIn(directory, clock, namesOf, historyRevisions);
    return new OpenedRegistry(directory, opened, clock, namesOf);
  }

  /** Returns the registry as a caller sees it. */
  for(caller: Caller): CallersNames {
    return this.whole.for(caller);
  }

  get store(): Store {
    return this.#store;
  }

  /**
   * Closes the store and opens it again, as a name server that restarts does; a text of its file may be damaged meanwhile.
   */
  async restart(damage?: { readonly from: string; readonly to: string }): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
    if (damage !== undefined) {
      const file = join(this.#directory, 'store.sqlite');
      const text = await readFile(file, 'latin1');
      await writeFile(file, text.replaceAll(damage.from, damage.to), 'latin1');
    }
    const { store, whole } = await openIn(this.#directory, this.clock, this.#namesOf);
    this.#store = store;
    this.whole = whole;
    this.registry = this.for(localCaller('in-memory'));
  }

  /** Registers names for a server with an address made of its id, and returns the lease's id. */
  async register(serverId: string, ...names: string[]): Promise<string> {
    const { leaseId } = await this.registry.register(serverId, `${serverId}.example:7441`, claims(...names));
    return leaseId;
  }

  /** Registers any number of names for a server, on as many leases as that takes. */
  async registerMany(serverId: string, all: readonly NameClaim[]): Promise<void> {
    for (let first = 0; first < all.length; first += maxClaims) {
      await this.registry.register(serverId, 'a:1', all.slice(first, first + maxClaims));
    }
  }

  /** Returns the names that a list shows. */
  async names(prefix = ''): Promise<readonly string[]> {
    return (await this.registry.list({ prefix, limit: 1000 })).names.map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

interface Opened {
  readonly store: Store;
  readonly whole: Registry;
}

async function openIn(
  directory: string,
  clock: FakeClock,
  namesOf: RegistryOptions['namesOf'],
  historyRevisions = 10_000,
): Promise<Opened> {
  const store = await openSqliteStore({ directory, clock, historyRevisions });
  return { store, whole: await Registry.open({ store, clock, version: '0.0.0-test', namesOf }) };
}

/** Makes claims of names without metadata. */
export function claims(...names: string[]): NameClaim[] {
  return names.map((name) => ({ name }));
}
