import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FakeClock, RecordingLog } from '@patchbay/objects/testing';
import { openSqliteStore, type Store } from '@patchbay/store';

import { Catalog } from '../../src/catalog/catalog.js';
import { ServiceTime } from '../../src/catalog/service-time.js';
import {
  bootTokens,
  type ExportedNode,
  images,
  initiators,
  macs,
  type NodeRecord,
  nodes,
  orphans,
  renames,
  snapshots,
  targetOf,
  tidKey,
  tids,
  trash,
} from '../../src/catalog/tables.js';
import { EventLog } from '../../src/catalog/event-log.js';
import { Operations } from '../../src/concurrency/operations.js';
import { iqn } from '../../src/names.js';
import { Admission } from '../../src/pool/admission.js';
import type { Quotas } from '../../src/pool/quotas.js';
import { Exports } from '../../src/provision/exports.js';
import { Naming } from '../../src/provision/naming.js';
import { TargetAllocator } from '../../src/provision/target-allocator.js';
import { TargetClaims } from '../../src/provision/target-claims.js';
import { Faults } from './faults.js';
import { MemoryExporter } from './memory-exporter.js';
import { MemoryImporter } from './memory-importer.js';
import { MemoryPool } from './memory-pool.js';
import { MemoryTargets } from './memory-targets.js';
import { Machine, type MachineParts } from './machine.js';

export const graceMs = 60_000;
/** The image that `World` can import from `server:/ubuntu.raw`. */
export const imageBytes = 1024 ** 3;

/** What outlives a crash of the process: the store, the files, the target daemon. */
export class World implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly pool = new MemoryPool();
  readonly targets = new MemoryTargets();
  readonly importer = new MemoryImporter(this.pool);
  /** What a process that is started next is configured with. */
  quotas: Quotas = {};
  readonly store: Store;
  /** How long the disks of detached nodes stay in the trash. */
  trashMs = 0;
  /** Whether provisions make one-time tokens for boot scripts. */
  bootTokens = false;
  readonly #directory: string;

  private constructor(directory: string, store: Store) {
    this.#directory = directory;
    this.store = store;
    this.importer.sources.set('server:/ubuntu.raw', { sizeBytes: imageBytes, content: 'ubuntu' });
    for (const source of ['server:/debian.raw', 'server:/debian.qcow2', 'http://web/debian.raw']) {
      this.importer.sources.set(source, { sizeBytes: imageBytes, content: 'debian' });
    }
  }

  /** @param options - how many revisions a watcher of the store may be behind */
  static async open(options: { readonly historyRevisions?: number } = {}): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-storage-'));
    const store = await openSqliteStore({ directory, clock: new FakeClock(), ...options });
    return new World(directory, withSmallCommits(store));
  }

  /** Starts the process. */
  start(faults = new Faults()): Machine {
    const store = faults.store(this.store);
    const catalog = new Catalog(store, this.clock);
    const pool = faults.pool(this.pool);
    const targets = faults.targets(this.targets);
    const naming = new Naming(iqn.parse('iqn.2026-11.local.patchbay'));
    const exports = new Exports(catalog, pool, targets);
    const claims = new TargetClaims(naming, new TargetAllocator(targets), this.bootTokens);
    const parts: MachineParts = {
      catalog,
      events: new EventLog(store, catalog),
      pool,
      targets,
      claims,
      importer: faults.importer(this.importer),
      admission: new Admission(pool, this.quotas),
      exporter: new MemoryExporter(this.pool),
      exports,
      backupDirectory: join(this.#directory, 'backups'),
      operations: new Operations(),
      naming,
      bootTokens: this.bootTokens,
      trashMs: this.trashMs,
      serviceTime: new ServiceTime(catalog, this.clock),
      clock: this.clock,
      log: this.log,
    };
    return new Machine(parts, graceMs);
  }

  /** Starts the process with an image `ubuntu` imported. */
  async startWithImage(): Promise<Machine> {
    const machine = this.start();
    await machine.import('ubuntu', 'server:/ubuntu.raw');
    return machine;
  }

  /** Counts the operations of each commit from now on. */
  countOperations(): readonly number[] {
    const counts: number[] = [];
    const commit = this.store.commit.bind(this.store);
    this.store.commit = (conditions, operations, ...rest) => {
      counts.push(operations.length);
      return commit(conditions, operations, ...rest);
    };
    return counts;
  }

  /** Reads all of the catalog's store, as it is written there. */
  async records(): Promise<ReadonlyMap<string, string>> {
    const { entries } = await this.store.range({ prefix: '' });
    return new Map(entries.map(({ key, value }) => [key, value]));
  }

  /** Changes a record of the catalog's store, past its schema. */
  async rewrite(key: string, change: (record: object) => object): Promise<void> {
    const { value = '{}' } = (await this.store.get(key)) ?? {};
    await this.store.commit([], [{ put: key, value: JSON.stringify(change(JSON.parse(value) as object)) }]);
  }

  /** Lists what does not fit together: what has no record, what a record has not, what is not at rest. */
  async leaks(): Promise<string[]> {
    const catalog = new Catalog(this.store);
    const found: string[] = [];
    const volumes = new Set(this.pool.volumes.keys());
    const iqns = new Set<string>(this.targets.specs.keys());
    const keys = {
      tids: new Set((await catalog.list(tids)).map(({ key }) => key)),
      initiators: new Set((await catalog.list(initiators)).map(({ key }) => key)),
      macs: new Set((await catalog.list(macs)).map(({ key }) => key)),
      bootTokens: new Set((await catalog.list(bootTokens)).map(({ key }) => key)),
    };
    const take = (set: Set<string>, name: string): void => {
      if (!set.delete(name)) {
        found.push(`missing: ${name}`);
      }
    };
    for (const { key, value } of await catalog.list(images)) {
      take(volumes, this.pool.path({ kind: 'image', id: value.id }));
      found.push(...(value.state === 'ready' ? [] : [`image ${key} is ${value.state}`]));
    }
    for (const { key, value } of await catalog.list(snapshots)) {
      take(volumes, this.pool.path({ kind: 'snapshot', id: value.id }));
      found.push(...(value.state === 'ready' ? [] : [`snapshot ${key} is ${value.state}`]));
    }
    for (const { key, value } of await catalog.list(nodes)) {
      take(volumes, this.pool.path({ kind: 'disk', id: value.disk.id }));
      const isAtRest = value.state === 'ready' || value.state === 'detached';
      found.push(...(isAtRest ? [] : [`node ${key} is ${value.state}`]));
      found.push(...this.#differences(value));
      const target = targetOf(value);
      if (target !== undefined) {
        take(iqns, target.iqn);
        take(keys.tids, tidKey(target.tid));
        take(keys.initiators, target.initiator);
        keys.bootTokens.delete(key); // it may have been used
        if (target.mac !== undefined) {
          take(keys.macs, target.mac);
        }
      }
    }
    found.push(...(await catalog.list(renames)).map(({ key }) => `node ${key} is being renamed`));
    for (const { key, value } of await catalog.list(trash)) {
      take(volumes, this.pool.path({ kind: 'disk', id: key }));
      found.push(...(value.state === 'trashed' ? [] : [`disk ${key} is ${value.state}`]));
    }
    for (const { key } of await catalog.list(orphans)) {
      take(volumes, this.pool.path({ kind: 'orphan', id: key }));
    }
    return [...found, ...[volumes, iqns, ...Object.values(keys)].flatMap((set) => [...set])];
  }

  /** Lists where a node's file or target is not what its record says. */
  #differences(record: NodeRecord): string[] {
    const { node, disk } = record;
    const volume = this.pool.volumes.get(this.pool.path({ kind: 'disk', id: disk.id }));
    const target = targetOf(record);
    const spec = target && this.targets.specs.get(target.iqn);
    const [recorded, made] = [target, spec].map(
      (each) => each && JSON.stringify([each.tid, each.initiator, each.chap]),
    );
    return [
      ...(volume?.sizeBytes === disk.sizeBytes ? [] : [`node ${node} has a file of another size`]),
      ...(recorded === made ? [] : [`node ${node} has another target`]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true });
  }
}

/** Returns a stream of bytes, as an upload is. */
export async function* bytesOf(content: string): AsyncGenerator<Buffer, void, undefined> {
  yield await Promise.resolve(Buffer.from(content));
}

/** Connects the initiator of a node to its disk. */
export function connect({ targets }: World, { target }: ExportedNode): void {
  const connection = { sid: 1, cid: 0, initiator: target.initiator, address: '10.0.0.7' };
  targets.connections.set(target.iqn, [connection]);
}

/** Returns the reason of the error that a promise rejects with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => (error as { reason?: unknown }).reason ?? error,
  );
}

/** Lets no commit have more operations than every store takes in good time. */
function withSmallCommits(store: Store): Store {
  const commit = store.commit.bind(store);
  store.commit = (conditions, operations) => {
    if (operations.length > 100) {
      throw new Error(`a commit of the catalog has ${String(operations.length)} operations`);
    }
    return commit(conditions, operations);
  };
  return store;
}
