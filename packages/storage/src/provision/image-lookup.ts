import { didYouMean } from '@patchbay/objects';

import type { CatalogReader } from '../catalog/catalog.js';
import { images, nodes, type ReadyImage, snapshots } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { Intents } from './intents.js';
import { imageResource } from './resources.js';
import { fullName } from './snapshot-lookup.js';

/** Returns an image that is ready. @throws RpcError `IMAGE_NOT_FOUND`; `OPERATION_PENDING` while it is being made */
export async function requireImage(
  tx: CatalogReader,
  name: string,
  intents: Pick<Intents, 'current'>,
): Promise<ReadyImage> {
  const record = await tx.get(images, name);
  if (record?.state === 'ready') {
    return record;
  }
  if (record?.state === 'creating') {
    throw storageError('OPERATION_PENDING', `image "${name}" is still being made; try again later`, {
      details: { operation: intents.current(imageResource(name)), image: name },
    });
  }
  const ready = (await tx.list(images)).filter(({ value }) => value.state === 'ready');
  const known = ready.map(({ key }) => key);
  throw storageError('IMAGE_NOT_FOUND', `no image "${name}"${didYouMean(name, known)}`, {
    details: { image: name },
  });
}

/**
 * Refuses when a disk or a snapshot needs the image, or it is being copied. A snapshot needs the image that its
 * disk came from, because a provision names both.
 *
 * @throws RpcError `IMAGE_HAS_CLONES`, `IMAGE_HAS_SNAPSHOTS`, `OPERATION_PENDING`
 */
export async function refuseNeededImage(
  tx: CatalogReader,
  name: string,
  imageId: string,
  intents: Pick<Intents, 'current'>,
): Promise<void> {
  const clones = (await tx.list(nodes)).filter(({ value }) => value.disk.imageId === imageId);
  if (clones.length > 0) {
    const names = clones.map(({ key }) => key);
    throw storageError(
      'IMAGE_HAS_CLONES',
      `image "${name}" has clones: the disks of ${listed(names)}; detach these nodes (without keeping the disk) first`,
      { details: { image: name, nodes: names } },
    );
  }
  const made = (await tx.list(snapshots)).filter(({ value }) => value.imageId === imageId);
  if (made.length > 0) {
    const names = made.map(({ value }) => fullName(value));
    throw storageError(
      'IMAGE_HAS_SNAPSHOTS',
      `image "${name}" is needed by the snapshots ${listed(names)}; delete them first`,
      { details: { image: name, snapshots: names } },
    );
  }
  for (const { key, value } of await tx.list(images)) {
    const operation = intents.current(imageResource(key));
    if (value.state === 'creating' && value.origin?.id === imageId && operation !== undefined) {
      throw storageError(
        'OPERATION_PENDING',
        `image "${name}" is being copied to "${key}"; try again when it is done`,
        { details: { operation, image: key } },
      );
    }
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${String(names.length - 5)} more` : shown;
}
