import { randomUUID } from 'node:crypto';

import type { Transaction } from '../catalog/catalog.js';
import { type NodeRecord, nodes, type SnapshotRecord, snapshotKey, snapshots } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { NodeName, SnapshotName } from '../names.js';
import { requireNode } from './node-lookup.js';
import type { OperationServices } from './operation-services.js';
import { nodeResource } from './resources.js';

/** What snapshots are taken and deleted with. */
export type SnapshotServices = OperationServices;

/** The operations on snapshots. One at a time on one node. */
export class Snapshots {
  readonly #services: SnapshotServices;

  constructor(services: SnapshotServices) {
    this.#services = services;
  }

  /**
   * Takes a snapshot of a node's disk as it is at one moment; a snapshot of this name of the same disk stays as it is.
   * `schedule` names the schedule that takes it. Steps: write the intent; copy; write that it is ready. Failed or cut
   * short, it is undone.
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
    const { intents, pool, exports, catalog, log } = this.#services;
    return intents.run<SnapshotRecord, SnapshotRecord>(
      {
        resources: [nodeResource(node)],
        kind: 'create_snapshot',
        parameters: { name },
        intend: async (tx) => {
          const record = await this.#intend(tx, node, name, schedule);
          return record.state === 'ready' ? { done: record } : { carryOut: record };
        },
        carryOut: async (intent, { signal: abandoned }) => {
          const disk = { kind: 'disk', id: intent.diskId } as const;
          const copy = (): Promise<void> =>
            pool.ensureCloned(disk, { kind: 'snapshot', id: intent.id }, { signal: abandoned });
          // A plain copy takes a while: of a disk that is written meanwhile it would not be a point-in-time copy.
          await (pool.copyOnWrite ? copy() : exports.withoutExport(node, copy));
          const ready = { ...intent, state: 'ready' as const };
          await catalog.transact((tx) => {
            tx.put(snapshots, snapshotKey(node, name), ready);
          });
          log.info('took a snapshot', { node, snapshot: name, diskId: intent.diskId });
          return ready;
        },
      },
      signal,
    );
  }

  /**
   * Lists the snapshots of a node, or of all, the oldest first, also of a node whose disk is gone.
   *
   * @throws RpcError `NODE_NOT_FOUND` for a name with neither disk nor snapshots
   */
  async list(node?: NodeName): Promise<readonly SnapshotRecord[]> {
    const { catalog } = this.#services;
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
   * Deletes a snapshot; fine when there is none. Reports whether there was. Disks cloned from it are whole without it.
   * Steps: write the decision; remove the file; forget. Cut short, it is finished.
   *
   * @throws RpcError `SNAPSHOT_HAS_CLONES` of ephemeral disks; `OPERATION_PENDING`, also while a disk is being cloned
   *   from it
   */
  delete(node: NodeName, name: SnapshotName, signal: AbortSignal): Promise<boolean> {
    const { intents, log } = this.#services;
    const resource = nodeResource(node);
    return intents.run<null, boolean>(
      {
        resources: [resource],
        kind: 'delete_snapshot',
        parameters: { name },
        intend: async (tx) => {
          const record = await tx.get(snapshots, snapshotKey(node, name));
          if (record === undefined) {
            return { done: false };
          }
          const records = (await tx.list(nodes)).map(({ value }) => value);
          this.#refuseNeeded(record, records);
          tx.put(snapshots, snapshotKey(node, name), { ...record, state: 'deleting' });
          return { carryOut: null };
        },
        carryOut: async () => {
          await intents.recover([resource]);
          log.info('deleted a snapshot', { node, snapshot: name });
          return true;
        },
      },
      signal,
    );
  }

  /** Writes the intended snapshot, or returns the one that is there. */
  async #intend(
    tx: Transaction,
    node: NodeName,
    name: SnapshotName,
    schedule: string | undefined,
  ): Promise<SnapshotRecord> {
    const { admission, clock } = this.#services;
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
    await admission.admit(tx, { node, disks: 0, bytes: disk.sizeBytes });
    const intent: SnapshotRecord = {
      id: randomUUID(),
      node,
      name,
      diskId: disk.id,
      imageId: disk.imageId,
      sizeBytes: disk.sizeBytes,
      state: 'creating',
      ...(schedule !== undefined && { schedule }),
      createdAtMs: clock.now(),
    };
    tx.put(snapshots, snapshotKey(node, name), intent);
    return intent;
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
      const operation = this.#services.intents.current(nodeResource(node));
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
