import {
  type ExportedNode,
  type NodeRecord,
  type ReadyImage,
  type ScheduleRecord,
  schedules,
  type SnapshotRecord,
} from '../../src/catalog/tables.js';
import type { ImportSource } from '../../src/disks/volume-pool.js';
import {
  type ImageName,
  imageName,
  iqn,
  macAddress,
  nodeName,
  type NodeName,
  snapshotName,
  snapshotReference,
  timeZone,
} from '../../src/names.js';
import type { StorageServices } from '../../src/object/storage-services.js';
import { attachDisk } from '../../src/provision/attach-disk.js';
import { detachNode, type Detached } from '../../src/provision/detach-node.js';
import { ImageCopies } from '../../src/provision/image-copies.js';
import { ImageLabels, type TagChange } from '../../src/provision/image-labels.js';
import { Images } from '../../src/provision/images.js';
import { Intents } from '../../src/provision/intents.js';
import { provisionNode } from '../../src/provision/provision-node.js';
import { Recovery } from '../../src/provision/recovery.js';
import { renameNode } from '../../src/provision/rename-node.js';
import { freshenDisk, restoreSnapshot } from '../../src/provision/replace-disk.js';
import { resizeDisk } from '../../src/provision/resize-disk.js';
import { rotateCredentials } from '../../src/provision/rotate-credentials.js';
import type { ProvisionRequest } from '../../src/provision/provision-request.js';
import { Snapshots } from '../../src/provision/snapshots.js';
import { deleteOldestTrashed, deleteTrashed, restoreFromTrash } from '../../src/provision/trash.js';
import type { ConflictPolicy } from '../../src/sessions/conflict-policy.js';
import { Reconciler } from '../../src/reconcile/reconciler.js';
import { Scheduler } from '../../src/schedule/scheduler.js';
import { listSchedules, scheduleSnapshots } from '../../src/schedule/schedules.js';

/** What a machine is made from; it adds what depends on all of it. */
export type MachineParts = Omit<StorageServices, 'intents' | 'reconciler'>;

/** How long files without a record are kept. */
export const keepOrphansMs = 7 * 24 * 3_600_000;

/** One life of the process, with its operations as a test writes them. */
export class Machine {
  readonly parts: StorageServices;
  readonly recovery: Recovery;
  readonly reconciler: Reconciler;
  /** Fulfils when the target daemons that were empty are rebuilt. */
  readonly served: Promise<void>;
  readonly #images: Images;
  readonly #copies: ImageCopies;
  readonly #labels: ImageLabels;
  readonly #snapshots: Snapshots;

  constructor(made: MachineParts, graceMs: number) {
    const { operations, catalog, log } = made;
    this.recovery = new Recovery(made);
    const freeSome = (): Promise<boolean> => deleteOldestTrashed(this.parts);
    const intents = new Intents(operations, catalog, this.recovery, freeSome, log);
    this.reconciler = new Reconciler({ ...made, recovery: this.recovery }, { graceMs, keepOrphansMs });
    const parts = { ...made, intents, reconciler: this.reconciler };
    this.parts = parts;
    this.#images = new Images(parts);
    this.#copies = new ImageCopies(parts);
    this.#labels = new ImageLabels(parts);
    this.#snapshots = new Snapshots(parts);
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
      onConflict?: ConflictPolicy | undefined;
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
      onConflict: options.onConflict,
    };
    return provisionNode(this.parts, request, signal);
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

  rename(name: string, to: string, force = false): Promise<NodeRecord> {
    return renameNode(this.parts, { node: node(name), to: node(to), force }, this.#never);
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

  schedule(name: string, cron: string, keep: number, as = 'auto', zone = 'UTC'): Promise<ScheduleRecord> {
    const names = { node: node(name), name: snapshotName.parse(as), zone: timeZone.parse(zone) };
    const request = { ...names, cron, keep };
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

export function image(name: string): ImageName {
  return imageName.parse(name);
}
