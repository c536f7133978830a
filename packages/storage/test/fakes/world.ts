import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { FakeClock, RecordingLog } from '@patchbay/core/testing';
import { openSqliteStore, type Store } from '@patchbay/store';

import { Catalog } from '../../src/catalog/catalog.js';
import {
  bootTokens,
  type ExportedNode,
  type NodeRecord,
  images,
  initiators,
  macs,
  nodes,
  type ReadyImage,
  type ScheduleRecord,
  schedules,
  type SnapshotRecord,
  snapshots,
  targetOf,
  tidKey,
  tids,
  trash,
} from '../../src/catalog/tables.js';
import { EventLog } from '../../src/catalog/event-log.js';
import { Operations } from '../../src/concurrency/operations.js';
import { type ImportSource } from '../../src/disks/volume-pool.js';
import {
  type ImageName,
  imageName,
  iqn,
  macAddress,
  nodeName,
  type NodeName,
  snapshotName,
  snapshotReference,
} from '../../src/names.js';
import { attachDisk } from '../../src/provision/attach-disk.js';
import { detachNode, type Detached } from '../../src/provision/detach-node.js';
import { Admission } from '../../src/pool/admission.js';
import { type Quotas } from '../../src/pool/quotas.js';
import { Exports } from '../../src/provision/exports.js';
import { freshenDisk } from '../../src/provision/freshen-disk.js';
import { ImageCopies } from '../../src/provision/image-copies.js';
import { ImageLabels, type TagChange } from '../../src/provision/image-labels.js';
import { Images } from '../../src/provision/images.js';
import { moveNode } from '../../src/provision/move-node.js';
import { Naming } from '../../src/provision/naming.js';
import { type Parts } from '../../src/provision/parts.js';
import { NodeProvisioner } from '../../src/provision/provision-node.js';
import { type ProvisionRequest } from '../../src/provision/provision-request.js';
import { resizeDisk } from '../../src/provision/resize-disk.js';
import { restoreSnapshot } from '../../src/provision/restore-snapshot.js';
import { rotateCredentials } from '../../src/provision/rotate-credentials.js';
import { Snapshots } from '../../src/provision/snapshots.js';
import { TargetAllocator } from '../../src/provision/target-allocator.js';
import { deleteTrashed, restoreFromTrash } from '../../src/provision/trash.js';
import { Reconciler } from '../../src/reconcile/reconciler.js';
import { Scheduler } from '../../src/schedule/scheduler.js';
import { listSchedules, scheduleSnapshots } from '../../src/schedule/schedules.js';
import { Faults } from './faults.js';
import { MemoryExporter } from './memory-exporter.js';
import { MemoryImporter } from './memory-importer.js';
import { MemoryPool } from './memory-pool.js';
import { MemoryTargets } from './memory-targets.js';

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

  static async open(): Promise<World> {
    const directory = await mkdtemp(join(tmpdir(), 'patchbay-storage-'));
    return new World(directory, await openSqliteStore({ directory, clock: new FakeClock() }));
  }

  /** Starts the process. */
  start(faults = new Faults()): Machine {
    const store = faults.store(this.store);
    const catalog = new Catalog(store, this.clock);
    const pool = faults.pool(this.pool);
    const targets = faults.targets(this.targets);
    const naming = new Naming(iqn.parse('iqn.2026-11.local.patchbay'));
    const parts: Parts = {
      catalog,
      events: new EventLog(store, catalog),
      pool,
      targets,
      allocator: new TargetAllocator(targets),
      importer: faults.importer(this.importer),
      admission: new Admission(pool, this.quotas),
      exporter: new MemoryExporter(this.pool),
      exports: new Exports(catalog, pool, targets),
      backupDirectory: join(this.#directory, 'backups'),
      operations: new Operations(),
      naming,
      bootTokens: this.bootTokens,
      clock: this.clock,
      log: this.log,
    };
    return new Machine(parts);
  }

  /** Starts the process with an image `ubuntu` imported. */
  async startWithImage(): Promise<Machine> {
    const machine = this.start();
    await machine.import('ubuntu', 'server:/ubuntu.raw');
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
    for (const { key, value } of await catalog.list(trash)) {
      take(volumes, this.pool.path({ kind: 'disk', id: key }));
      found.push(...(value.state === 'trashed' ? [] : [`disk ${key} is ${value.state}`]));
    }
    return [...found, ...[volumes, iqns, ...Object.values(keys)].flatMap((set) => [...set])];
  }

  /** Tells where a node's file or target is not what its record says. */
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

/** One life of the process, with its operations as a test writes them. */
export class Machine {
  readonly parts: Parts;
  readonly reconciler: Reconciler;
  /** Fulfils when the target daemons that were empty are rebuilt. */
  readonly served: Promise<void>;
  readonly #images: Images;
  readonly #copies: ImageCopies;
  readonly #labels: ImageLabels;
  readonly #provisioner: NodeProvisioner;
  readonly #snapshots: Snapshots;

  constructor(parts: Parts, grace = graceMs) {
    this.parts = parts;
    this.#images = new Images(parts);
    this.#copies = new ImageCopies(parts);
    this.#labels = new ImageLabels(parts);
    this.#provisioner = new NodeProvisioner(parts);
    this.#snapshots = new Snapshots(parts);
    this.reconciler = new Reconciler(parts, { graceMs: grace });
    this.served = parts.targets.onRestart((daemon) => this.reconciler.rebuildExports(daemon));
  }

  /** A call's signal that never aborts, each call its own, as in a server. */
  get #never(): AbortSignal {
    return new AbortController().signal;
  }

  async import(
    name: string,
    source: ImportSource,
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

  copyImage(from: string, to: string): Promise<ReadyImage> {
    return this.#copies.copy(image(from), image(to), this.#never);
  }

  promote(of: string, name: string, to: string): Promise<ReadyImage> {
    return this.#copies.promote(node(of), snapshotName.parse(name), image(to), this.#never);
  }

  renameImage(from: string, to: string): Promise<ReadyImage> {
    return this.#labels.rename(image(from), image(to), this.#never);
  }

  tagImage(name: string, change: TagChange): Promise<ReadyImage> {
    return this.#labels.tag(image(name), change);
  }

  provision(
    name: string,
    from: string,
    options: {
      snapshot?: string;
      sizeBytes?: number;
      ephemeral?: boolean;
      initiator?: string;
      mac?: string;
    } = {},
    signal: AbortSignal = this.#never,
  ): Promise<ExportedNode> {
    const request: ProvisionRequest = {
      node: node(name),
      image: image(from),
      snapshot: options.snapshot === undefined ? undefined : snapshotReference.parse(options.snapshot),
      sizeBytes: options.sizeBytes,
      ephemeral: options.ephemeral,
      initiator: options.initiator === undefined ? undefined : iqn.parse(options.initiator),
      mac: options.mac === undefined ? undefined : macAddress.parse(options.mac),
    };
    return this.#provisioner.provision(request, signal);
  }

  detach(name: string, keepDisk = false): Promise<Detached> {
    return detachNode(this.parts, node(name), { kind: keepDisk ? 'keep' : 'delete' }, this.#never);
  }

  /** Detaches a node and puts its disk into the trash. */
  trash(name: string, forMs = 60_000): Promise<Detached> {
    return detachNode(this.parts, node(name), { kind: 'trash', forMs }, this.#never);
  }

  restore(diskId: string, to?: string): Promise<NodeRecord> {
    return restoreFromTrash(this.parts, diskId, to === undefined ? undefined : node(to), this.#never);
  }

  deleteTrashed(diskId: string): Promise<boolean> {
    return deleteTrashed(this.parts, diskId, this.#never);
  }

  attach(diskId: string, name: string): Promise<ExportedNode> {
    return attachDisk(this.parts, { diskId, node: node(name) }, this.#never);
  }

  move(name: string, to: string, force = false): Promise<NodeRecord> {
    return moveNode(this.parts, { node: node(name), to: node(to), force }, this.#never);
  }

  resize(name: string, sizeBytes: number): Promise<ExportedNode> {
    return resizeDisk(this.parts, node(name), sizeBytes, this.#never);
  }

  rotate(name: string, force = false): Promise<ExportedNode> {
    return rotateCredentials(this.parts, node(name), force, this.#never);
  }

  restoreSnapshot(of: string, name: string): Promise<SnapshotRecord> {
    return restoreSnapshot(this.parts, node(of), snapshotName.parse(name), this.#never);
  }

  schedule(name: string, cron: string, keep: number, as = 'auto'): Promise<ScheduleRecord> {
    const request = { node: node(name), cron, keep, name: snapshotName.parse(as) };
    return scheduleSnapshots(this.parts, request);
  }

  /** Lets a schedule be due since a moment. */
  async makeDue(key: string, atMs: number): Promise<void> {
    await this.parts.catalog.transact(async (tx) => {
      const record = await tx.get(schedules, key);
      if (record !== undefined) {
        tx.put(schedules, key, { ...record, nextAtMs: atMs });
      }
    });
  }

  /** Lists the schedules. */
  schedulesNow(): Promise<readonly ScheduleRecord[]> {
    return listSchedules(this.parts);
  }

  /** Names the schedules. */
  async scheduled(): Promise<string[]> {
    return (await this.schedulesNow()).map(({ node, name }) => `${node}/${name}`);
  }

  /** Does what the schedules demand now. @throws Error when one could not be kept */
  async runSchedules(): Promise<void> {
    await new Scheduler(this.parts).run(this.#never);
    const failed = (await this.parts.catalog.list(schedules)).find(({ value }) => value.lastError);
    if (failed !== undefined) {
      throw new Error(failed.value.lastError);
    }
  }

  /** Does what a boot does before the script goes out. */
  freshen(name: string): Promise<boolean> {
    return freshenDisk(this.parts, node(name), this.#never);
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

/** Gives a stream of bytes, as an upload is. */
export async function* bytesOf(content: string): AsyncGenerator<Buffer, void, undefined> {
  yield await Promise.resolve(Buffer.from(content));
}

export function image(name: string): ImageName {
  return imageName.parse(name);
}

/** Connects the initiator of a node to its disk. */
export function connect({ targets }: World, { target }: ExportedNode): void {
  const connection = { sid: 1, cid: 0, initiator: target.initiator, address: '10.0.0.7' };
  targets.connections.set(target.iqn, [connection]);
}

/** Gives the reason of the error that a promise rejects with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => (error as { reason?: unknown }).reason ?? error,
  );
}
