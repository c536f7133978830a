import { type CatalogReader } from '../catalog/catalog.js';
import { type ExportedNode, type NodeRecord, snapshotKey, snapshots } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import { type Iqn } from '../names.js';
import { wholeSectors } from './disk-size.js';
import { type ProvisionRequest } from './provision-request.js';
import { fullName, mayMean } from './snapshot-lookup.js';

/** A parameter that differs: what the disk has, and what was asked for. */
interface Difference {
  readonly parameter: string;
  readonly has: string | number | null;
  readonly asked: string | number | null;
}

/**
 * Refuses a provision whose image, snapshot or size are not those of the node's disk. A size that is left out
 * is that of what the disk was cloned from. @throws RpcError `NODE_EXISTS`
 */
export async function refuseOtherDisk(
  tx: CatalogReader,
  record: NodeRecord,
  request: ProvisionRequest,
): Promise<void> {
  const { disk } = record;
  const differences: Difference[] = [];
  if (request.image !== disk.image) {
    differences.push({ parameter: 'image', has: disk.image, asked: request.image });
  }
  if (!(await isSameSnapshot(tx, record, request))) {
    const has = disk.snapshot === undefined ? null : fullName(disk.snapshot);
    differences.push({ parameter: 'snapshot', has, asked: request.snapshot ?? null });
  }
  const askedBytes = wholeSectors(request.sizeBytes ?? disk.sourceSizeBytes);
  if (askedBytes !== disk.sizeBytes) {
    differences.push({ parameter: 'sizeBytes', has: disk.sizeBytes, asked: askedBytes });
  }
  refuse(record, differences);
}

/** Refuses a provision for another initiator than the node's. @throws RpcError `NODE_EXISTS` */
export function refuseOtherTarget(record: ExportedNode, initiator: Iqn): void {
  const has = record.target.initiator;
  refuse(record, initiator === has ? [] : [{ parameter: 'initiator', has, asked: initiator }]);
}

/** A snapshot of the same name that was made anew is another one; one that is gone is known by its name. */
async function isSameSnapshot(
  tx: CatalogReader,
  { disk: { snapshot } }: NodeRecord,
  { snapshot: asked }: ProvisionRequest,
): Promise<boolean> {
  if (snapshot === undefined || asked === undefined) {
    return snapshot === asked;
  }
  const current = await tx.get(snapshots, snapshotKey(snapshot.node, snapshot.name));
  return mayMean(asked, snapshot) && (current === undefined || current.id === snapshot.id);
}

function refuse({ node, disk, state }: NodeRecord, differences: readonly Difference[]): void {
  if (differences.length === 0) {
    return;
  }
  const listed = differences.map(
    ({ parameter, has, asked }) =>
      `${parameter} is ${String(has ?? 'none')}, asked for ${String(asked ?? 'none')}`,
  );
  const kept = state === 'detached' ? ' (kept from before; detach_node without --keep-disk deletes it)' : '';
  throw storageError('NODE_EXISTS', `node "${node}" has another disk${kept}: ${listed.join('; ')}`, {
    details: { disk: { node, diskId: disk.id, state }, differences },
  });
}
