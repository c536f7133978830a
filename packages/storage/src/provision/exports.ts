import { type Catalog } from '../catalog/catalog.js';
import { type ExportedNode, type NodeRecord, nodes } from '../catalog/tables.js';
import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import { type VolumePool } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import { type TargetHost, type TargetSpec } from '../targets/target-host.js';
import { targetSpec } from './naming.js';

/**
 * The exports of the nodes' disks. There is one operation, `sync`, that makes a node's target be what the
 * catalog says at that moment; so it does not matter who calls it, or how often.
 */
export class Exports {
  readonly #catalog: Catalog;
  readonly #pool: VolumePool;
  readonly #targets: TargetHost;
  readonly #perNode = new KeyedMutex();

  constructor(catalog: Catalog, pool: VolumePool, targets: TargetHost) {
    this.#catalog = catalog;
    this.#pool = pool;
    this.#targets = targets;
  }

  /** `host:port` where initiators connect. */
  get portal(): string {
    return this.#targets.portal;
  }

  /**
   * Exports the node's disk, or removes its export, as the catalog says; nothing when the node is unknown.
   *
   * @throws RpcError `VOLUME_MISSING`, or what the target host throws
   */
  sync(node: string): Promise<void> {
    return this.#perNode.run(node, async () => {
      const record = await this.#catalog.get(nodes, node);
      if (record === undefined || record.state === 'detached') {
        return;
      }
      if (isExportWanted(record)) {
        await this.#requireVolume(record);
        await this.#targets.ensureExported(this.specOf(record));
      } else if (record.target !== undefined) {
        await this.#targets.ensureRemoved(record.target);
      }
    });
  }

  /**
   * Does `work` while no initiator can reach the node's disk, and exports it again.
   *
   * @throws RpcError `DISK_IN_USE` while an initiator is connected
   */
  withdrawnDuring(node: string, work: () => Promise<void>): Promise<void> {
    return this.#perNode.run(node, async () => {
      const record = await this.#catalog.get(nodes, node);
      if (record === undefined || !isExportWanted(record)) {
        await work();
        return;
      }
      const { iqn } = record.target;
      const state = (await this.#targets.list()).find((each) => each.iqn === iqn);
      if (state !== undefined && state.connections.length > 0) {
        throw storageError(
          'DISK_IN_USE',
          `node "${node}" is connected to its disk, and this pool cannot clone instantly; disconnect it, or move the pool to XFS with reflink or to Btrfs`,
          { details: { node } },
        );
      }
      try {
        await this.#targets.ensureRemoved(record.target);
        await work();
      } finally {
        await this.#targets.ensureExported(this.specOf(record));
      }
    });
  }

  /** Says what the export of a node shall be. */
  specOf({ disk, target }: ExportedNode): TargetSpec {
    return targetSpec(disk, target, this.#pool.path({ kind: 'disk', id: disk.id }));
  }

  async #requireVolume({ node, disk }: NodeRecord): Promise<void> {
    if ((await this.#pool.stat({ kind: 'disk', id: disk.id })) === undefined) {
      throw storageError(
        'VOLUME_MISSING',
        `the disk of node "${node}" is not in the pool; restore its file, or detach the node and provision it again`,
        { details: { node, diskId: disk.id } },
      );
    }
  }
}

/** Says whether a node's disk shall be exported. */
export function isExportWanted(record: NodeRecord): record is ExportedNode {
  return record.state === 'creating' || record.state === 'attaching' || record.state === 'ready';
}
