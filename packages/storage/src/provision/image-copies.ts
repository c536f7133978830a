import { randomUUID } from 'node:crypto';

import { type CatalogReader } from '../catalog/catalog.js';
import { type ImageOrigin, type ImageRecord, images, type ReadyImage } from '../catalog/tables.js';
import { type ImageName, type NodeName, type SnapshotName } from '../names.js';
import { onBoth } from './both-things.js';
import { requireImage } from './image-needs.js';
import { imageExists } from './images.js';
import { imageThing, nodeThing, type Parts } from './parts.js';
import { settleImage } from './settle.js';
import { settleAfterFailure } from './settle-after-failure.js';
import { fullName, requireSnapshot } from './snapshot-lookup.js';

/** What a new image is cloned from. */
interface Original extends Pick<ReadyImage, 'source' | 'content'> {
  readonly origin: ImageOrigin;
}

/**
 * The operations that make an image from what is in the pool. Steps of each: write the intent; clone; write that
 * it is ready. Failed, cancelled or cut short, it is undone.
 */
export class ImageCopies {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Makes a copy of an image under another name, which needs the first one no more. A copy of the same image
   * stays as it is. @throws RpcError `IMAGE_NOT_FOUND`, `IMAGE_EXISTS`, `OPERATION_PENDING`, what the pool throws
   */
  copy(from: ImageName, to: ImageName, signal: AbortSignal): Promise<ReadyImage> {
    const { operations } = this.#parts;
    const work = { thing: imageThing(to), kind: 'copy', parameters: { from } };
    return operations.run(work, signal, (operation) =>
      this.#make(to, operation.signal, async (tx) => {
        const { id, content } = await requireImage(tx, from, operations);
        return { origin: { kind: 'image', id }, source: `image:${from}`, content };
      }),
    );
  }

  /**
   * Makes an image from a snapshot of a node's disk, which needs the snapshot no more. An image of the same
   * snapshot stays as it is.
   *
   * @throws RpcError `SNAPSHOT_NOT_FOUND`, `IMAGE_EXISTS`, `OPERATION_PENDING`, what the pool throws
   */
  promote(node: NodeName, snapshot: SnapshotName, to: ImageName, signal: AbortSignal): Promise<ReadyImage> {
    const { operations } = this.#parts;
    // The snapshot stays while it is copied: what deletes it is an operation on the node too.
    const things = [imageThing(to), nodeThing(node)] as const;
    const work = { things, kind: 'promote_snapshot', parameters: { node, snapshot } };
    return onBoth(operations, work, signal, (operation) =>
      this.#make(to, operation.signal, async (tx) => {
        const found = await requireSnapshot(tx, node, snapshot);
        return {
          origin: { kind: 'snapshot', id: found.id },
          source: `snapshot:${fullName(found)}`,
          content: { sizeBytes: found.sizeBytes, format: 'raw' },
        };
      }),
    );
  }

  async #make(
    name: ImageName,
    signal: AbortSignal,
    find: (tx: CatalogReader) => Promise<Original>,
  ): Promise<ReadyImage> {
    const { catalog, pool, log } = this.#parts;
    await settleImage(this.#parts, name);
    const { record, original } = await this.#intend(name, find);
    const clone = (): Promise<void> =>
      pool.ensureCloned(original.origin, { kind: 'image', id: record.id }, { signal });
    if (record.state === 'ready') {
      await clone(); // its file may be lost
      return record;
    }
    try {
      await clone();
      const ready: ReadyImage = { ...record, state: 'ready', content: original.content };
      await catalog.transact((tx) => {
        tx.put(images, name, ready);
      });
      log.info('an image was made', { image: name, imageId: record.id, from: original.source });
      return ready;
    } catch (error) {
      await settleAfterFailure(log, imageThing(name), () => settleImage(this.#parts, name));
      throw error;
    }
  }

  /** Writes that the image shall be, or gives the one that is there if it is the same. */
  #intend(
    name: ImageName,
    find: (tx: CatalogReader) => Promise<Original>,
  ): Promise<{ record: Exclude<ImageRecord, { state: 'deleting' }>; original: Original }> {
    return this.#parts.catalog.transact(async (tx) => {
      const original = await find(tx);
      const { origin, source } = original;
      const record = await tx.get(images, name);
      if (record?.state === 'ready') {
        if (record.origin?.id !== origin.id) {
          throw imageExists(record, { source: record.source });
        }
        return { record, original };
      }
      await this.#parts.admission.requireRoom();
      const intent = {
        id: randomUUID(),
        name,
        source,
        origin,
        tags: [],
        createdAtMs: this.#parts.clock.now(),
        state: 'creating' as const,
      };
      tx.put(images, name, intent);
      return { record: intent, original };
    });
  }
}
