import { images, type ReadyImage } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { ImageName, ImageTag } from '../names.js';
import { requireImage } from './image-lookup.js';
import { imageExists } from './images.js';
import type { OperationServices } from './operation-services.js';
import { imageResource } from './resources.js';

const mostTags = 64;

export interface TagChange {
  readonly add?: readonly ImageTag[];
  readonly remove?: readonly ImageTag[];
}

/** The operations on the name and the tags of an image. Each is one commit, and touches no file. */
export class ImageLabels {
  readonly #services: OperationServices;

  constructor(services: OperationServices) {
    this.#services = services;
  }

  /**
   * Renames an image. Disks and snapshots refer to it by its id. Fine when it has been renamed already.
   *
   * @throws RpcError `IMAGE_NOT_FOUND`, `IMAGE_EXISTS`, `OPERATION_PENDING`
   */
  rename(from: ImageName, to: ImageName, signal: AbortSignal): Promise<ReadyImage> {
    const { intents } = this.#services;
    return intents.commit(
      {
        resources: [imageResource(from), imageResource(to)],
        kind: 'rename',
        parameters: { from, to },
        commit: async (tx) => {
          const taken = await tx.get(images, to);
          const present = await tx.get(images, from);
          if (taken?.state === 'ready' && (from === to || (!present && taken.formerName === from))) {
            return taken;
          }
          const image = await requireImage(tx, from, intents);
          if (taken?.state === 'ready') {
            throw imageExists(taken, { source: taken.source });
          }
          const renamed = { ...image, name: to, formerName: from };
          tx.delete(images, from);
          tx.put(images, to, renamed);
          return renamed;
        },
      },
      signal,
    );
  }

  /** Adds and removes tags; those that are so already stay. @throws RpcError `IMAGE_NOT_FOUND`, `TAGS_EXHAUSTED` */
  tag(name: ImageName, { add = [], remove = [] }: TagChange): Promise<ReadyImage> {
    const { intents, catalog } = this.#services;
    return catalog.transact(async (tx) => {
      const image = await requireImage(tx, name, intents);
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
}
