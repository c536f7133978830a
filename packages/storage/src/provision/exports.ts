import { isRpcError } from '@patchbay/objects';

import type { Catalog } from '../catalog/catalog.js';
import { type ExportedNode, type NodeRecord, nodes, targetOf } from '../catalog/tables.js';
import { KeyedMutex } from '../concurrency/keyed-mutex.js';
import type { VolumePool } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import { markerOf } from '../targets/secret-marker.js';
import type { TargetHost, TargetSpec, TargetState } from '../targets/target-host.js';
import { diskVolume } from './node-recovery.js';
import { isExportWanted } from './node-states.js';

/**
 * The exports of the nodes' disks. `sync` makes a node's target be what the catalog says at that moment; so it does not
 * matter who calls it, or how often.
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

  /** Returns `host:port` where a node's initiator connects. */
  portalOf({ target }: ExportedNode): string {
    return this.#targets.portalOf(target.daemon);
  }

  /**
   * Exports the node's disk, or removes its export, as the catalog says; nothing when the node is unknown.
   *
   * @throws RpcError `VOLUME_MISSING`, or what the target host throws
   */
  sync(node: string): Promise<void> {
    return this.#apply(node, (spec) => this.#targets.ensureExported(spec));
  }

  /** As `sync`, and makes the initiator see the size that the disk's file has now. */
  reopen(node: string): Promise<void> {
    return this.#apply(node, (spec) => this.#targets.reopen(spec));
  }

  /** Reports whether an initiator is connected to the node's disk. @throws RpcError `TARGET_TOOL_UNAVAILABLE` */
  async isConnected(record: NodeRecord): Promise<boolean> {
    const target = targetOf(record);
    const states = target === undefined ? [] : await this.#targets.list(target.daemon);
    return states.some((each) => each.iqn === target?.iqn && each.connections.length > 0);
  }

  /**
   * Does `work` while no initiator can reach the node's disk, and exports it again.
   *
   * @throws RpcError `DISK_IN_USE` while an initiator is connected
   */
  withoutExport(node: string, work: () => Promise<void>): Promise<void> {
    return this.#perNode.run(node, async () => {
      const record = await this.#catalog.get(nodes, node);
      if (record === undefined || !isExportWanted(record)) {
        await work();
        return;
      }
      if (await this.isConnected(record)) {
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

  specOf(record: ExportedNode): TargetSpec {
    return specOf(this.#pool, record);
  }

  #apply(node: string, exportAs: (spec: TargetSpec) => Promise<void>): Promise<void> {
    return this.#perNode.run(node, async () => {
      const record = await this.#catalog.get(nodes, node);
      const target = record && targetOf(record);
      if (record === undefined || target === undefined) {
        return;
      }
      if (isExportWanted(record)) {
        await this.#requireVolume(record);
        await this.#attempt(record, () => exportAs(this.specOf(record)));
      } else {
        await this.#targets.ensureRemoved(target);
      }
    });
  }

  /** Exports a disk; where the target daemon refuses, as its file is not there any more, that is the failure. */
  async #attempt(record: NodeRecord, exportDisk: () => Promise<void>): Promise<void> {
    try {
      await exportDisk();
    } catch (error) {
      if (isRpcError(error, 'TARGET_TOOL_FAILED')) {
        await this.#requireVolume(record);
      }
      throw error;
    }
  }

  async #requireVolume({ node, disk }: NodeRecord): Promise<void> {
    if ((await this.#pool.stat(diskVolume(disk))) === undefined) {
      throw storageError(
        'VOLUME_MISSING',
        `the disk of node "${node}" is not in the pool; restore its file, or detach the node and provision it again`,
        { details: { node, diskId: disk.id } },
      );
    }
  }
}

/** Returns how a node's disk is exported, as the catalog says. */
export function specOf(pool: Pick<VolumePool, 'path'>, { disk, target }: ExportedNode): TargetSpec {
  const hex = disk.id.replaceAll('-', '');
  return { ...target, backingPath: pool.path(diskVolume(disk)), scsiId: hex, serial: hex.slice(0, 16) };
}

/** Reports whether a target is as specified, as far as the tool shows it. Who else it admits, `foreignAccess` tells. */
export function isExported(spec: TargetSpec, target: TargetState | undefined): boolean {
  return (
    target !== undefined &&
    target.online &&
    target.daemon === spec.daemon &&
    target.tid === spec.tid &&
    target.iqn === spec.iqn &&
    target.backingPaths.size === 1 &&
    target.backingPaths.get(spec.lun) === spec.backingPath &&
    target.accounts.includes(spec.chap.user) &&
    (target.secretMarker === undefined || target.secretMarker === markerOf(spec)) &&
    target.initiators.includes(spec.initiator)
  );
}
