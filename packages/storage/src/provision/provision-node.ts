import { randomUUID } from 'node:crypto';

import { type Transaction } from '../catalog/catalog.js';
import {
  type DiskRecord,
  type ExportedNode,
  initiators,
  nodes,
  type SnapshotRecord,
  type TargetRecord,
  tidKey,
  tids,
} from '../catalog/tables.js';
import { type OperationContext } from '../concurrency/operation.js';
import { type VolumeRef } from '../disks/volume-pool.js';
import { storageError } from '../errors.js';
import { type Iqn, type NodeName } from '../names.js';
import { checkedSize } from './disk-size.js';
import { requireImage } from './image-needs.js';
import { diskLun, newChapAccount } from './naming.js';
import { nodeThing, type Parts } from './parts.js';
import { type ProvisionRequest } from './provision-request.js';
import { refuseOtherDisk, refuseOtherTarget } from './same-parameters.js';
import { settleNode } from './settle.js';
import { findSnapshot } from './snapshot-lookup.js';

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
   *   `NODE_EXISTS`, `INITIATOR_IN_USE`, `OPERATION_PENDING`, what the pool and the target host throw
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
        await this.#undo(node);
        throw error;
      }
    });
  }

  async #carryOut(intent: ExportedNode, operation: OperationContext<never>): Promise<ExportedNode> {
    const { pool, exports, catalog } = this.#parts;
    if (intent.state === 'creating') {
      await pool.ensureCloned(
        sourceOf(intent.disk),
        { kind: 'disk', id: intent.disk.id },
        {
          sizeBytes: intent.disk.sizeBytes,
          signal: operation.signal,
        },
      );
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

  /** Undoes a provision; what cannot be undone now, the reconciler will, for the record's state still says so. */
  async #undo(node: NodeName): Promise<void> {
    try {
      await settleNode(this.#parts, node);
    } catch (error) {
      this.#parts.log.warn('a provision could not be undone now; the reconciler will', { node, error });
    }
  }

  /** Writes what shall be, or gives what already is. */
  #intend(request: ProvisionRequest): Promise<ExportedNode> {
    const { node } = request;
    const initiator = request.initiator ?? this.#parts.naming.initiatorOf(node);
    return this.#parts.catalog.transact(async (tx) => {
      const record = await tx.get(nodes, node);
      if (record !== undefined) {
        await refuseOtherDisk(tx, record, request);
      }
      if (record?.state === 'ready') {
        refuseOtherTarget(record, initiator);
        return record;
      }
      const disk = record?.disk ?? (await this.#newDisk(tx, request));
      const target = await this.#newTarget(tx, disk.id, initiator);
      const intent: ExportedNode = {
        node,
        disk,
        target,
        state: record === undefined ? 'creating' : 'attaching',
      };
      tx.put(nodes, node, intent);
      tx.put(tids, tidKey(target.tid), node);
      tx.put(initiators, initiator, node);
      return intent;
    });
  }

  async #newDisk(tx: Transaction, request: ProvisionRequest): Promise<DiskRecord> {
    const image = await requireImage(tx, request.image, this.#parts.operations);
    const snapshot =
      request.snapshot === undefined ? undefined : await findSnapshot(tx, image, request.snapshot);
    const sourceSizeBytes = snapshot?.sizeBytes ?? image.content.sizeBytes;
    return {
      id: randomUUID(),
      imageId: image.id,
      image: image.name,
      ...(snapshot && { snapshot: origin(snapshot) }),
      sourceSizeBytes,
      sizeBytes: checkedSize(request.sizeBytes ?? sourceSizeBytes, sourceSizeBytes),
      createdAtMs: this.#parts.clock.now(),
    };
  }

  async #newTarget(tx: Transaction, diskId: string, initiator: Iqn): Promise<TargetRecord> {
    const holder = await tx.get(initiators, initiator);
    if (holder !== undefined) {
      throw storageError(
        'INITIATOR_IN_USE',
        `initiator "${initiator}" belongs to node "${holder}"; name another with --initiator`,
        { details: { initiator, node: holder } },
      );
    }
    return {
      tid: lowestFree((await tx.list(tids)).map(({ key }) => Number(key))),
      iqn: this.#parts.naming.targetOf(diskId),
      lun: diskLun,
      initiator,
      chap: newChapAccount(diskId),
    };
  }
}

/** Gives the lowest positive number that is not among the taken ones, which ascend. */
function lowestFree(taken: readonly number[]): number {
  const gap = taken.findIndex((tid, index) => tid !== index + 1);
  return gap === -1 ? taken.length + 1 : gap + 1;
}

function origin({ id, node, name }: SnapshotRecord): DiskRecord['snapshot'] {
  return { id, node, name };
}

function sourceOf({ snapshot, imageId }: DiskRecord): VolumeRef {
  return snapshot === undefined ? { kind: 'image', id: imageId } : { kind: 'snapshot', id: snapshot.id };
}
