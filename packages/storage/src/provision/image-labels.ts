import { type Transaction } from '../catalog/catalog.js';
import { images, nodes, type ReadyImage, snapshotKey, snapshots, trash } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type ImageName, type ImageTag } from '../names.js';
import { onBoth } from './both-things.js';
import { requireImage } from './image-needs.js';
import { imageExists } from './images.js';
import { diskThing, imageThing, nodeThing, type Parts } from './parts.js';
import { settleImage } from './settle.js';

/** How many tags an image may have. */
const mostTags = 64;

/** What is changed of an image's tags. */
export interface TagChange {
  readonly add?: readonly ImageTag[];
  readonly remove?: readonly ImageTag[];
}

/** The operations on what an image is called. Each is one commit, and touches no file. */
export class ImageLabels {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Gives an image another name, also in what disks and snapshots tell of where they are from. Fine when that was
   * done already. @throws RpcError `IMAGE_NOT_FOUND`, `IMAGE_EXISTS`; `OPERATION_PENDING`, also while one of the
   * image's nodes is worked on
   */
  rename(from: ImageName, to: ImageName, signal: AbortSignal): Promise<ReadyImage> {
    const { operations, catalog } = this.#parts;
    const things = [imageThing(from), imageThing(to)] as const;
    return onBoth(operations, { things, kind: 'rename', parameters: { from, to } }, signal, async () => {
      await settleImage(this.#parts, to);
      return await catalog.transact(async (tx) => {
        const taken = await tx.get(images, to);
        const present = await tx.get(images, from);
        if (taken?.state === 'ready' && (from === to || (!present && taken.formerName === from))) {
          return taken;
        }
        const image = await requireImage(tx, from, operations);
        if (taken?.state === 'ready') {
          throw imageExists(taken, { source: taken.source });
        }
        await this.#renameIn(tx, image, to);
        const renamed = { ...image, name: to, formerName: from };
        tx.delete(images, from);
        tx.put(images, to, renamed);
        return renamed;
      });
    });
  }

  /** Adds and removes tags; what is so already stays. @throws RpcError `IMAGE_NOT_FOUND`, `TAGS_EXHAUSTED` */
  tag(name: ImageName, { add = [], remove = [] }: TagChange): Promise<ReadyImage> {
    const { catalog, operations } = this.#parts;
    return catalog.transact(async (tx) => {
      const image = await requireImage(tx, name, operations);
      const kept = image.tags.filter((tag) => !remove.includes(tag));
      const tags = [...new Set([...kept, ...add])].sort();
      if (tags.length > mostTags) {
        throw storageError(
          'TAGS_EXHAUSTED',
          `image "${name}" cannot have ${String(tags.length)} tags; ${String(mostTags)} is the most`,
          { details: { image: name, mostTags } },
        );
      }
      const tagged = { ...image, tags };
      if (tags.join() !== image.tags.join()) {
        tx.put(images, name, tagged);
      }
      return tagged;
    });
  }

  /** Disks and snapshots know the image by its id; its name they only tell. */
  async #renameIn(tx: Transaction, { id, name }: ReadyImage, to: ImageName): Promise<void> {
    for (const { key, value } of await tx.list(nodes)) {
      if (value.disk.imageId === id) {
        this.#refuseBusy(nodeThing(key), name);
        tx.put(nodes, key, { ...value, disk: { ...value.disk, image: to } });
      }
    }
    for (const { key, value } of await tx.list(trash)) {
      if (value.disk.imageId === id) {
        this.#refuseBusy(diskThing(key), name);
        tx.put(trash, key, { ...value, disk: { ...value.disk, image: to } });
      }
    }
    for (const { value } of await tx.list(snapshots)) {
      if (value.imageId === id) {
        this.#refuseBusy(nodeThing(value.node), name);
        tx.put(snapshots, snapshotKey(value.node, value.name), { ...value, image: to });
      }
    }
  }

  /** An operation under way writes the record as it read it, with the former name. */
  #refuseBusy(thing: string, image: ImageName): void {
    const operation = this.#parts.operations.current(thing);
    if (operation !== undefined) {
      throw storageError(
        'OPERATION_PENDING',
        `the ${thing.replace(':', ' ')}, which is from image "${image}", is being worked on; try again when it is done`,
        { details: { operation, thing } },
      );
    }
  }
}
