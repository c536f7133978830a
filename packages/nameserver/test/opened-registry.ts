import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Registry } from '@patchbay/nameserver';
import { type NameClaim } from '@patchbay/objects';
import { FakeClock } from '@patchbay/objects/testing';
import { type Store } from '@patchbay/store';

import { openRegistryStore } from '../src/registry-store.js';

/** A registry in a directory of a test's own, on a clock that the test advances. */
export class OpenedRegistry implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly #directory: string;
  #store: Store;
  registry: Registry;

  private constructor(directory: string, opened: Opened, clock: FakeClock) {
    this.clock = clock;
    this.#directory = directory;
    this.#store = opened.store;
    this.registry = opened.registry;
  }

  static async open(): Promise<OpenedRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-registry-'));
    const clock = new FakeClock();
    return new OpenedRegistry(directory, await openIn(directory, clock), clock);
  }

  get store(): Store {
    return this.#store;
  }

  /** Closes the store and opens it again, as a name server that restarts does. */
  async restart(): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
    const { store, registry } = await openIn(this.#directory, this.clock);
    this.#store = store;
    this.registry = registry;
  }

  /** Registers names for a server with an address made of its id, and gives the lease's id. */
  async register(serverId: string, ...names: string[]): Promise<string> {
    const { leaseId } = await this.registry.register(serverId, `${serverId}.example:7441`, claims(...names));
    return leaseId;
  }

  /** Gives the names that a list shows. */
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
  readonly registry: Registry;
}

async function openIn(directory: string, clock: FakeClock): Promise<Opened> {
  const store = await openRegistryStore(directory, clock);
  return { store, registry: await Registry.open({ store, clock, version: '0.0.0-test' }) };
}

/** Makes claims of names without metadata. */
export function claims(...names: string[]): NameClaim[] {
  return names.map((name) => ({ name }));
}
