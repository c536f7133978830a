import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FakeClock, RecordingLog } from '@patchbay/core/testing';
import { openSqliteStore, type Store } from '@patchbay/store';

import { Catalog } from '../../src/catalog/catalog.js';
import {
  type ExportedNode,
  images,
  initiators,
  nodes,
  type ReadyImage,
  type SnapshotRecord,
  snapshots,
  targetOf,
  tidKey,
  tids,
} from '../../src/catalog/tables.js';
import { Operations } from '../../src/concurrency/operations.js';
import {
  type ImageName,
  imageName,
  iqn,
  nodeName,
  type NodeName,
  snapshotName,
  snapshotReference,
} from '../../src/names.js';
import { detachNode, type Detached } from '../../src/provision/detach-node.js';
import { Exports } from '../../src/provision/exports.js';
import { Images } from '../../src/provision/images.js';
import { Naming } from '../../src/provision/naming.js';
import { type Parts } from '../../src/provision/parts.js';
import { NodeProvisioner } from '../../src/provision/provision-node.js';
import { type ProvisionRequest } from '../../src/provision/provision-request.js';
import { Snapshots } from '../../src/provision/snapshots.js';
import { Reconciler } from '../../src/reconcile/reconciler.js';
import { Faults } from './faults.js';
import { MemoryImporter } from './memory-importer.js';
import { MemoryPool } from './memory-pool.js';
import { MemoryTargets } from './memory-targets.js';

export const graceMs = 60_000;
/** The image that `World` can import from `/ubuntu.raw`. */
export const imageBytes = 1024 ** 3;

/** What outlives a crash of the process: the store, the files, the target daemon. */
export class World implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log = new RecordingLog();
  readonly pool = new MemoryPool();
  readonly targets = new MemoryTargets();
  readonly importer = new MemoryImporter(this.pool);
  readonly store: Store;
  readonly #directory: string;

  private constructor(directory: string, store: Store) {
    this.#directory = directory;
    this.store = store;
    this.importer.sources.set('/ubuntu.raw', { sizeBytes: imageBytes, content: 'ubuntu' });
    this.importer.sources.set('/debian.raw', { sizeBytes: imageBytes, content: 'debian' });
  }

  static async open(): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-storage-'));
    return new World(directory, await openSqliteStore({ directory, clock: new FakeClock() }));
  }

  /** Starts the process. */
  start(faults = new Faults()): Machine {
    const catalog = new Catalog(faults.store(this.store));
    const pool = faults.pool(this.pool);
    const targets = faults.targets(this.targets);
    const parts: Parts = {
      catalog,
      pool,
      targets,
      importer: faults.importer(this.importer),
      exports: new Exports(catalog, pool, targets),
      operations: new Operations(),
      naming: new Naming(iqn.parse('iqn.2026-11.local.patchbay')),
      clock: this.clock,
      log: this.log,
    };
    return new Machine(parts);
  }

  /** Starts the process with an image `ubuntu` imported. */
  async startWithImage(): Promise<Machine> {
    const machine = this.start();
    await machine.import('ubuntu', '/ubuntu.raw');
    return machine;
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
      const target = targetOf(value);
      if (target !== undefined) {
        take(iqns, target.iqn);
        take(keys.tids, tidKey(target.tid));
        take(keys.initiators, target.initiator);
      }
    }
    return [...found, ...[volumes, iqns, keys.tids, keys.initiators].flatMap((set) => [...set])];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true });
  }
}

/** One life of the process, with its operations as a test writes them. */
export class Machine {
  readonly parts: Parts;
  readonly reconciler: Reconciler;
  readonly #images: Images;
  readonly #provisioner: NodeProvisioner;
  readonly #snapshots: Snapshots;

  constructor(parts: Parts) {
    this.parts = parts;
    this.#images = new Images(parts);
    this.#provisioner = new NodeProvisioner(parts);
    this.#snapshots = new Snapshots(parts);
    this.reconciler = new Reconciler(parts, { graceMs });
    void parts.targets.onRestart(() => this.reconciler.rebuildExports());
  }

  /** A call's signal that never aborts, each call its own, as in a server. */
  get #never(): AbortSignal {
    return new AbortController().signal;
  }

  async import(
    name: string,
    source: string,
    sha256?: string,
    signal: AbortSignal = this.#never,
  ): Promise<ReadyImage> {
    const importing = this.#images.import({ name: image(name), source, sha256 }, signal);
    for (;;) {
      const step = await importing.next();
      if (step.done === true) {
        return step.value;
      }
    }
  }

  deleteImage(name: string): Promise<boolean> {
    return this.#images.delete(image(name), this.#never);
  }

  provision(
    name: string,
    from: string,
    options: { snapshot?: string; sizeBytes?: number; initiator?: string } = {},
    signal: AbortSignal = this.#never,
  ): Promise<ExportedNode> {
    const request: ProvisionRequest = {
      node: node(name),
      image: image(from),
      snapshot: options.snapshot === undefined ? undefined : snapshotReference.parse(options.snapshot),
      sizeBytes: options.sizeBytes,
      initiator: options.initiator === undefined ? undefined : iqn.parse(options.initiator),
    };
    return this.#provisioner.provision(request, signal);
  }

  detach(name: string, keepDisk = false): Promise<Detached> {
    return detachNode(this.parts, node(name), keepDisk, this.#never);
  }

  snapshot(of: string, name: string, signal: AbortSignal = this.#never): Promise<SnapshotRecord> {
    return this.#snapshots.create(node(of), snapshotName.parse(name), signal);
  }

  listSnapshots(of: string): Promise<readonly SnapshotRecord[]> {
    return this.#snapshots.list(node(of));
  }

  deleteSnapshot(of: string, name: string): Promise<boolean> {
    return this.#snapshots.delete(node(of), snapshotName.parse(name), this.#never);
  }
}

export function node(name: string): NodeName {
  return nodeName.parse(name);
}

export function image(name: string): ImageName {
  return imageName.parse(name);
}

/** Gives the reason of the error that a promise rejects with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => (error as { reason?: unknown }).reason ?? error,
  );
}
