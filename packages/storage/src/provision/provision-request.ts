import type { CatalogReader } from '../catalog/catalog.js';
import { type ExportedNode, type NodeRecord, snapshots } from '../catalog/tables.js';
import { storageError } from '../errors.js';
import type { ImageName, Iqn, MacAddress, NodeName, SnapshotReference } from '../names.js';
import type { ConflictPolicy } from '../sessions/conflict-policy.js';
import { exactSize, wholeSectors } from './disk-size.js';
import { readImageNames } from './image-names.js';
import { fullName, mayMean } from './snapshot-lookup.js';

export interface ProvisionRequest {
  readonly node: NodeName;
  readonly image: ImageName;
  readonly snapshot?: SnapshotReference | undefined;
  readonly sizeBytes?: number | undefined;
  /** Whether each boot begins with a fresh clone. */
  readonly ephemeral?: boolean | undefined;
  readonly initiator?: Iqn | undefined;
  /** The network card that may have the boot script. */
  readonly mac?: MacAddress | undefined;
  /** What is done when several machines log in. */
  readonly onConflict?: ConflictPolicy | undefined;
}

/** A parameter that differs: what the disk has, and what was asked for. */
interface Difference {
  readonly parameter: string;
  readonly has: string | number | boolean | null;
  readonly asked: string | number | boolean | null;
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
  const image = (await readImageNames(tx))(disk);
  if (request.image !== image) {
    differences.push({ parameter: 'image', has: image, asked: request.image });
  }
  if (!(await isSameSnapshot(tx, record, request))) {
    const has = disk.snapshot === undefined ? null : fullName(disk.snapshot);
    differences.push({ parameter: 'snapshot', has, asked: request.snapshot ?? null });
  }
  const askedBytes = wholeSectors(request.sizeBytes ?? disk.sourceSizeBytes);
  // What was provisioned and has grown since is still what was provisioned.
  if (askedBytes !== disk.sizeBytes && askedBytes !== disk.grownFromBytes) {
    differences.push({ parameter: 'sizeBytes', has: disk.sizeBytes, asked: askedBytes });
  }
  const [has, asked] = [disk.ephemeral ?? false, request.ephemeral ?? false];
  if (asked !== has) {
    differences.push({ parameter: 'ephemeral', has, asked });
  }
  refuse(record, differences);
}

/** Refuses a provision for another initiator or MAC address than the node's. @throws RpcError `NODE_EXISTS` */
export function refuseOtherTarget(record: ExportedNode, initiator: Iqn, mac: MacAddress | undefined): void {
  const { target } = record;
  const parameters: Difference[] = [
    { parameter: 'initiator', has: target.initiator, asked: initiator },
    { parameter: 'mac', has: target.mac ?? null, asked: mac ?? null },
  ];
  refuse(
    record,
    parameters.filter(({ has, asked }) => has !== asked),
  );
}

/** A new snapshot of the same name is another one; one that is gone is known by its name. */
async function isSameSnapshot(
  tx: CatalogReader,
  { disk: { snapshot } }: NodeRecord,
  { snapshot: asked }: ProvisionRequest,
): Promise<boolean> {
  if (snapshot === undefined || asked === undefined) {
    return snapshot === asked;
  }
  const known = (await tx.list(snapshots)).map(({ value }) => value);
  const current = known.find(({ id }) => id === snapshot.id);
  if (current !== undefined) {
    return mayMean(asked, current); // its node may have another name by now
  }
  const { node, name } = snapshot;
  return mayMean(asked, snapshot) && !known.some((each) => each.node === node && each.name === name);
}

function refuse({ node, disk, state }: NodeRecord, differences: readonly Difference[]): void {
  if (differences.length === 0) {
    return;
  }
  const listed = differences.map(
    ({ parameter, has, asked }) =>
      `${parameter === 'sizeBytes' ? 'size' : parameter} is ${valueText(has)}, asked for ${valueText(asked)}`,
  );
  const kept = state === 'detached' ? ' (kept from before; detach_node without --keep-disk deletes it)' : '';
  throw storageError('NODE_EXISTS', `node "${node}" has another disk${kept}: ${listed.join('; ')}`, {
    details: { disk: { node, diskId: disk.id, state }, differences },
  });
}

/** The only numbers among the parameters are sizes. */
function valueText(value: Difference['has']): string {
  return typeof value === 'number' ? exactSize(value) : String(value ?? 'none');
}
