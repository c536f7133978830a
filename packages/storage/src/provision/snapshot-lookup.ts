import { didYouMean } from '@patchbay/objects';

import type { CatalogReader } from '../catalog/catalog.js';
import { type ReadyImage, snapshotKey, type SnapshotRecord, snapshots } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { NodeName, SnapshotName, SnapshotReference } from '../names.js';
import { readImageNames } from './image-names.js';

/** Reports whether a reference can mean the snapshot of this node and name. */
export function mayMean(reference: SnapshotReference, snapshot: { node: string; name: string }): boolean {
  return reference === snapshot.name || reference === fullName(snapshot);
}

/** Returns a snapshot's name that is never ambiguous. */
export function fullName({ node, name }: { node: string; name: string }): string {
  return `${node}@${name}`;
}

/** Returns a snapshot of a node that is ready. @throws RpcError `SNAPSHOT_NOT_FOUND` */
export async function requireSnapshot(
  reader: CatalogReader,
  node: NodeName,
  name: SnapshotName,
): Promise<SnapshotRecord> {
  const record = await reader.get(snapshots, snapshotKey(node, name));
  if (record?.state === 'ready') {
    return record;
  }
  const known = (await reader.list(snapshots, snapshotKey(node, ''))).map(({ value }) => value.name);
  throw storageError(
    'SNAPSHOT_NOT_FOUND',
    `node "${node}" has no snapshot "${name}"${didYouMean(name, known)}`,
    { details: { node, snapshot: name } },
  );
}

/**
 * Finds the snapshot that a provision names, among those of disks that came from the image.
 *
 * @throws RpcError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_AMBIGUOUS`
 */
export async function findSnapshot(
  tx: CatalogReader,
  image: ReadyImage,
  reference: SnapshotReference,
): Promise<SnapshotRecord> {
  const ready = (await tx.list(snapshots)).map(({ value }) => value).filter(({ state }) => state === 'ready');
  const meant = ready.filter((each) => mayMean(reference, each));
  const fitting = meant.filter(({ imageId }) => imageId === image.id);
  const [only, another] = fitting;
  if (only !== undefined && another === undefined) {
    return only;
  }
  if (only !== undefined) {
    const candidates = fitting.map(fullName);
    throw storageError(
      'SNAPSHOT_AMBIGUOUS',
      `several nodes have a snapshot "${reference}" of image "${image.name}": name one of ${candidates.join(', ')}`,
      { details: { candidates } },
    );
  }
  const [elsewhere] = meant;
  if (elsewhere !== undefined) {
    const origin = (await readImageNames(tx))(elsewhere);
    throw storageError(
      'SNAPSHOT_NOT_FOUND',
      `snapshot "${fullName(elsewhere)}" is of a disk from image "${origin}", not from "${image.name}"`,
      { details: { snapshot: fullName(elsewhere), image: origin } },
    );
  }
  const known = ready.filter(({ imageId }) => imageId === image.id);
  const names = reference.includes('@') ? known.map(fullName) : known.map(({ name }) => name);
  throw storageError(
    'SNAPSHOT_NOT_FOUND',
    `no snapshot "${reference}" of a disk from image "${image.name}"${didYouMean(reference, names)}`,
    { details: { snapshot: reference, image: image.name } },
  );
}
