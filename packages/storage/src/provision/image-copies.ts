import { randomUUID } from 'node:crypto';

import type { Transaction } from '../catalog/catalog.js';
import { type ImageOrigin, images, type ReadyImage } from '../catalog/tables.js';
import type { ImageName, NodeName, SnapshotName } from '../names.js';
import { requireImage } from './image-lookup.js';
import { imageExists, type PresentImage } from './images.js';
import type { Intent } from './intents.js';
import type { OperationServices } from './operation-services.js';
import { imageResource, nodeResource } from './resources.js';
import { fullName, requireSnapshot } from './snapshot-lookup.js';

interface Original extends Pick<ReadyImage, 'source' | 'content'> {
  readonly origin: ImageOrigin;
}

interface Copy {
  readonly record: PresentImage;
  readonly original: Original;
}

/**
 * The operations that make an image from what is in the pool. Steps of each: write the intent; clone; write that
 * it is ready. Failed, cancelled or cut short, it is undone.
 */
export class ImageCopies {
  readonly #services: OperationServices;

  constructor(services: OperationServices) {
    this.#services = services;
  }

  /**
   * Copies an image under another name; the copy does not need the first one. A copy of the same image stays as it is.
   *
   * @throws RpcError `IMAGE_NOT_FOUND`, `IMAGE_EXISTS`, `OPERATION_PENDING`, what the pool throws
   */
  copy(from: ImageName, to: ImageName, signal: AbortSignal): Promise<ReadyImage> {
    const { intents } = this.#services;
    const steps = this.#steps(to, async (tx) => {
      const { id, content } = await requireImage(tx, from, intents);
      return { origin: { kind: 'image', id }, source: `image:${from}`, content };
    });
    const resources = [imageResource(to)] as const;
    return intents.run({ resources, kind: 'copy', parameters: { from }, ...steps }, signal);
  }

  /**
   * Makes an image from a snapshot of a node's disk; the image does not need the snapshot. An image of the same
   * snapshot stays as it is.
   *
   * @throws RpcError `SNAPSHOT_NOT_FOUND`, `IMAGE_EXISTS`, `OPERATION_PENDING`, what the pool throws
   */
  promote(node: NodeName, snapshot: SnapshotName, to: ImageName, signal: AbortSignal): Promise<ReadyImage> {
    const { intents } = this.#services;
    const steps = this.#steps(to, async (tx) => {
      const found = await requireSnapshot(tx, node, snapshot);
      return {
        origin: { kind: 'snapshot', id: found.id },
        source: `snapshot:${fullName(found)}`,
        content: { sizeBytes: found.sizeBytes, format: 'raw' },
      };
    });
    // The snapshot stays while it is copied: deleting it is an operation on the node too.
    const resources = [imageResource(to), nodeResource(node)] as const;
    const parameters = { node, snapshot };
    return intents.run({ resources, kind: 'promote_snapshot', parameters, ...steps }, signal);
  }

  #steps(
    name: ImageName,
    find: (tx: Transaction) => Promise<Original>,
  ): Pick<Intent<Copy, ReadyImage>, 'intend' | 'carryOut'> {
    const { catalog, pool, log } = this.#services;
    return {
      intend: async (tx) => ({ carryOut: await this.#intend(tx, name, await find(tx)) }),
      carryOut: async ({ record, original }, { signal }) => {
        await pool.ensureCloned(original.origin, { kind: 'image', id: record.id }, { signal });
        if (record.state === 'ready') {
          return record; // its file may have been lost
        }
        const ready: ReadyImage = { ...record, state: 'ready', content: original.content };
        await catalog.transact((tx) => {
          tx.put(images, name, ready);
        });
        log.info('made an image', { image: name, imageId: record.id, from: original.source });
        return ready;
      },
    };
  }

  /** Writes the intended image, or returns the one that is there if it is the same. */
  async #intend(tx: Transaction, name: ImageName, original: Original): Promise<Copy> {
    const { admission, clock } = this.#services;
    const { origin, source } = original;
    const record = await tx.get(images, name);
    if (record?.state === 'ready') {
      if (record.origin?.id !== origin.id) {
        throw imageExists(record, { source: record.source });
      }
      return { record, original };
    }
    await admission.requireRoom();
    const intent = {
      id: randomUUID(),
      name,
      source,
      origin,
      tags: [],
      createdAtMs: clock.now(),
      state: 'creating' as const,
    };
    tx.put(images, name, intent);
    return { record: intent, original };
  }
}
