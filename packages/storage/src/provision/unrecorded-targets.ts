import type { CatalogReader } from '../catalog/catalog.js';
import { nodes, targetOf, trash } from '../catalog/tables.js';
import type { Iqn } from '../names.js';
import type { TargetState } from '../targets/target-host.js';
import type { Naming } from './naming.js';
import { nodeOfDisk } from './trash.js';

/** A target that is ours by its name. */
export type OurTarget = TargetState & { readonly iqn: Iqn };

/** Returns the targets that are ours by their names and have no record. List them before the catalog is read. */
export async function unrecordedTargets(
  catalog: CatalogReader,
  naming: Naming,
  states: readonly TargetState[],
): Promise<readonly OurTarget[]> {
  const ours = states.filter((state): state is OurTarget => naming.isOurs(state.iqn));
  const records = ours.length === 0 ? [] : await catalog.list(nodes);
  const known = new Set<string>(records.flatMap(({ value }) => targetOf(value)?.iqn ?? []));
  return ours.filter(({ iqn }) => !known.has(iqn));
}

/** Reports whether an initiator is connected. */
export function isInUse({ connections }: Pick<TargetState, 'connections'>): boolean {
  return connections.length > 0;
}

/** Describes a target without a record that is in use after a restore, and with what its disk gets a record again. */
export async function describeUnrecorded(
  catalog: CatalogReader,
  naming: Naming,
  target: OurTarget,
): Promise<string> {
  const users = target.connections.map(({ initiator, address }) => `${initiator} at ${address}`);
  const disk = naming.diskOf(target.iqn);
  return `target ${target.iqn} has no record in the restored catalog, and stays for ${[...new Set(users)].join(', ')} until confirm_restore; to keep its disk, ${await adoption(catalog, disk)}, whose new secret ends the session`;
}

async function adoption(catalog: CatalogReader, diskId: string): Promise<string> {
  const node = (await nodeOfDisk(catalog, diskId))?.node;
  if (node !== undefined) {
    return `call attach_disk ${diskId} ${node}`;
  }
  const first =
    (await catalog.get(trash, diskId)) === undefined
      ? `adopt_orphan disk-${diskId} --node NODE`
      : `restore_from_trash ${diskId}`;
  return `call ${first}, then attach_disk ${diskId} NODE`;
}
