import { randomUUID } from 'node:crypto';

import { type NodeRecord, nodes, snapshotKey, type SnapshotRecord, snapshots } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type NodeName, type SnapshotName } from '../names.js';
import { requireNode } from './node-lookup.js';
import { nodeThing, type Parts } from './parts.js';
import { settleAfterFailure } from './settle-after-failure.js';
import { settleSnapshot } from './settle.js';
import { settleNode } from './settle-node.js';

/** The operations on snapshots. One at a time on one node. */
export class Snapshots {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes a snapshot of a node's disk as it is at one moment; a snapshot of this name of the same disk stays as
   * it is. `schedule` names the schedule that takes it. Steps: write the intent; copy; write that it is ready. Failed or cut short, it is undone.
   *
   * @throws RpcError `NODE_NOT_FOUND`, `SNAPSHOT_EXISTS` (of a former disk), `DISK_IN_USE` (only in a pool that
   *   cannot clone), `QUOTA_EXCEEDED`, `POOL_HIGH_WATER`, `OPERATION_PENDING`, what the pool throws
   */
  create(
    node: NodeName,
    name: SnapshotName,
    signal: AbortSignal,
    schedule?: string,
  ): Promise<SnapshotRecord> {
    const { operations, pool, catalog, log } = this.#parts;
    const work = { thing: nodeThing(node), kind: 'create_snapshot', parameters: { name } };
    return operations.run(work, signal, async (operation) => {
      await settleNode(this.#parts, node);
      await settleSnapshot(this.#parts, node, name);
      const intent = await this.#intend(node, name, schedule);
      if (intent.state === 'ready') {
        return intent;
      }
      try {
        const copy = (): Promise<void> =>
          pool.ensureCloned(
            { kind: 'disk', id: intent.diskId },
            { kind: 'snapshot', id: intent.id },
            {
              signal: operation.signal,
            },
          );
        // A plain copy takes a while: of a disk that is written meanwhile it would be of no moment at all.
        await (pool.copyOnWrite ? copy() : this.#parts.exports.withdrawnDuring(node, copy));
        const ready = { ...intent, state: 'ready' as const };
        await catalog.transact((tx) => {
          tx.put(snapshots, snapshotKey(node, name), ready);
        });
        log.info('a snapshot was taken', { node, snapshot: name, diskId: intent.diskId });
        return ready;
      } catch (error) {
        await settleAfterFailure(log, nodeThing(node), () => settleSnapshot(this.#parts, node, name));
        throw error;
      }
    });
  }

  /**
   * Lists the snapshots of a node, or of all, the oldest first, also of a node whose disk is gone.
   *
   * @throws RpcError `NODE_NOT_FOUND` for a name with neither disk nor snapshots
   */
  async list(node?: NodeName): Promise<readonly SnapshotRecord[]> {
    const { catalog } = this.#parts;
    const within = node === undefined ? undefined : snapshotKey(node, '');
    const found = (await catalog.list(snapshots, within)).map(({ value }) => value);
    if (node !== undefined && found.length === 0) {
      await requireNode(catalog, node);
    }
    return found
      .filter(({ state }) => state === 'ready')
      .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.name < b.name ? -1 : 1));
  }

  /**
   * Deletes a snapshot; fine when there is none, and says whether there was. Disks cloned from it are whole
   * without it. Steps: write the decision; remove the file; forget. Cut short, it is finished.
   *
   * @throws RpcError `SNAPSHOT_HAS_CLONES` of ephemeral disks; `OPERATION_PENDING`, also while a disk is being cloned
   *   from it
   */
  delete(node: NodeName, name: SnapshotName, signal: AbortSignal): Promise<boolean> {
    const { operations, catalog, log } = this.#parts;
    const work = { thing: nodeThing(node), kind: 'delete_snapshot', parameters: { name } };
    return operations.run(work, signal, async () => {
      await settleSnapshot(this.#parts, node, name);
      const found = await catalog.transact(async (tx) => {
        const record = await tx.get(snapshots, snapshotKey(node, name));
        if (record !== undefined) {
          this.#refuseNeeded(
            record,
            (await tx.list(nodes)).map(({ value }) => value),
          );
          tx.put(snapshots, snapshotKey(node, name), { ...record, state: 'deleting' });
        }
        return record !== undefined;
      });
      await settleSnapshot(this.#parts, node, name);
      if (found) {
        log.info('a snapshot was deleted', { node, snapshot: name });
      }
      return found;
    });
  }

  /** Writes that the snapshot shall be, or gives the one that already is. */
  #intend(node: NodeName, name: SnapshotName, schedule: string | undefined): Promise<SnapshotRecord> {
    return this.#parts.catalog.transact(async (tx) => {
      const { disk } = await requireNode(tx, node);
      const record = await tx.get(snapshots, snapshotKey(node, name));
      if (record?.diskId === disk.id) {
        return record;
      }
      if (record !== undefined) {
        throw storageError(
          'SNAPSHOT_EXISTS',
          `snapshot "${name}" of node "${node}" is of a disk that the node had before; delete it first, or choose another name`,
          { details: { node, snapshot: name, diskId: record.diskId } },
        );
      }
      await this.#parts.admission.admit(tx, { node, disks: 0, bytes: disk.sizeBytes });
      const intent: SnapshotRecord = {
        id: randomUUID(),
        node,
        name,
        diskId: disk.id,
        imageId: disk.imageId,
        image: disk.image,
        sizeBytes: disk.sizeBytes,
        state: 'creating',
        ...(schedule !== undefined && { schedule }),
        createdAtMs: this.#parts.clock.now(),
      };
      tx.put(snapshots, snapshotKey(node, name), intent);
      return intent;
    });
  }

  #refuseNeeded(snapshot: SnapshotRecord, records: readonly NodeRecord[]): void {
    const clones = records.filter(({ disk }) => disk.snapshot?.id === snapshot.id);
    const ephemeral = clones.filter(({ disk }) => disk.ephemeral === true).map(({ node }) => node);
    if (ephemeral.length > 0) {
      throw storageError(
        'SNAPSHOT_HAS_CLONES',
        `the ephemeral disks of ${ephemeral.join(', ')} are cloned from snapshot "${snapshot.name}" at each boot; detach these nodes first`,
        { details: { snapshot: snapshot.name, nodes: ephemeral } },
      );
    }
    for (const { node, state } of clones) {
      const operation = this.#parts.operations.current(nodeThing(node));
      if (state === 'creating' && operation !== undefined) {
        throw storageError(
          'OPERATION_PENDING',
          `the disk of node "${node}" is being cloned from snapshot "${snapshot.name}"; try again when it is done`,
          { details: { operation, node } },
        );
      }
    }
  }
}
