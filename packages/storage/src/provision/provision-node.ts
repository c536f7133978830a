import { randomUUID } from 'node:crypto';

import { type Transaction } from '../catalog/catalog.js';
import { type DiskRecord, type ExportedNode, nodes, type SnapshotRecord } from '../catalog/tables.js';
import { type OperationContext } from '../concurrency/operation.js';
import { type VolumeRef } from '../disks/volume-pool.js';
import { checkedSize } from './disk-size.js';
import { requireImage } from './image-needs.js';
import { nodeThing, type Parts } from './parts.js';
import { type ProvisionRequest } from './provision-request.js';
import { refuseOtherDisk, refuseOtherTarget } from './same-parameters.js';
import { settleAfterFailure } from './settle-after-failure.js';
import { diskVolume, settleNode } from './settle-node.js';
import { findSnapshot } from './snapshot-lookup.js';
import { claimNewTarget } from './target-claims.js';

/**
 * Gives a node its disk. Steps: write the intent (ids, target id, names, secret); clone; export; write that it
 * is ready. Failed, abandoned or cut short, it is undone: a new disk goes, a kept one is kept again.
 *
 * The same parameters again give the same disk. A disk that `detach_node --keep-disk` left is taken again.
 */
export class NodeProvisioner {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @throws RpcError `IMAGE_NOT_FOUND`, `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_AMBIGUOUS`, `SIZE_TOO_SMALL`,
   *   `QUOTA_EXCEEDED`, `POOL_HIGH_WATER`, `NODE_EXISTS`, `INITIATOR_IN_USE`, `MAC_IN_USE`, `OPERATION_PENDING`, what the pool and the target host throw
   */
  provision(request: ProvisionRequest, signal: AbortSignal): Promise<ExportedNode> {
    const { operations, log } = this.#parts;
    const { node, ...parameters } = request;
    const work = { thing: nodeThing(node), kind: 'provision', parameters };
    return operations.run(work, signal, async (operation) => {
      await settleNode(this.#parts, node);
      const intent = await this.#intend(request);
      try {
        const ready = await this.#carryOut(intent, operation);
        log.info('a node has its disk', { node, diskId: ready.disk.id, iqn: ready.target.iqn });
        return ready;
      } catch (error) {
        await settleAfterFailure(log, nodeThing(node), () => settleNode(this.#parts, node));
        throw error;
      }
    });
  }

  async #carryOut(intent: ExportedNode, operation: OperationContext<never>): Promise<ExportedNode> {
    const { pool, exports, catalog } = this.#parts;
    if (intent.state === 'creating') {
      await pool.ensureCloned(sourceOf(intent.disk), diskVolume(intent.disk), {
        sizeBytes: intent.disk.sizeBytes,
        signal: operation.signal,
      });
    }
    await exports.sync(intent.node);
    if (intent.state === 'ready') {
      return intent;
    }
    const ready = { ...intent, state: 'ready' as const };
    await catalog.transact((tx) => {
      tx.put(nodes, intent.node, ready);
    });
    return ready;
  }

  /** Writes what shall be, or gives what already is. */
  #intend(request: ProvisionRequest): Promise<ExportedNode> {
    const { node, mac } = request;
    const initiator = request.initiator ?? this.#parts.naming.initiatorOf(node);
    return this.#parts.catalog.transact(async (tx) => {
      const record = await tx.get(nodes, node);
      if (record !== undefined) {
        await refuseOtherDisk(tx, record, request);
      }
      if (record?.state === 'ready') {
        refuseOtherTarget(record, initiator, mac);
        return record;
      }
      const disk = record?.disk ?? (await this.#newDisk(tx, request));
      const target = await claimNewTarget(tx, this.#parts, { node, diskId: disk.id, initiator, mac });
      const intent: ExportedNode = {
        node,
        disk,
        target,
        state: record === undefined ? 'creating' : 'attaching',
      };
      tx.put(nodes, node, intent);
      return intent;
    });
  }

  async #newDisk(tx: Transaction, request: ProvisionRequest): Promise<DiskRecord> {
    const image = await requireImage(tx, request.image, this.#parts.operations);
    const snapshot =
      request.snapshot === undefined ? undefined : await findSnapshot(tx, image, request.snapshot);
    const sourceSizeBytes = snapshot?.sizeBytes ?? image.content.sizeBytes;
    const sizeBytes = checkedSize(request.sizeBytes ?? sourceSizeBytes, sourceSizeBytes);
    await this.#parts.admission.admit(tx, { node: request.node, disks: 1, bytes: sizeBytes });
    return {
      id: randomUUID(),
      imageId: image.id,
      image: image.name,
      ...(snapshot && { snapshot: origin(snapshot) }),
      ...(request.ephemeral === true && { ephemeral: true }),
      sourceSizeBytes,
      sizeBytes,
      createdAtMs: this.#parts.clock.now(),
    };
  }
}

function origin({ id, node, name }: SnapshotRecord): DiskRecord['snapshot'] {
  return { id, node, name };
}

/** Gives what a disk is cloned from. */
export function sourceOf({ snapshot, imageId }: DiskRecord): VolumeRef {
  return snapshot === undefined ? { kind: 'image', id: imageId } : { kind: 'snapshot', id: snapshot.id };
}
