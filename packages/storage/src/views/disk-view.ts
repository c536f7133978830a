import { z } from 'zod';

import { nodes, type NodeRecord, trash, type TrashRecord } from '../catalog/tables.js';
import { readImageNames } from '../provision/image-names.js';
import { diskVolume } from '../provision/node-recovery.js';
import { nodeStates } from '../provision/node-states.js';
import type { OperationServices } from '../provision/operation-services.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { inspectVolumes } from './volume-state.js';

export const diskView = z.object({
  diskId: z.string(),
  node: z.string().describe('the node that has it, for which it is kept, or that had it'),
  state: z
    .enum(['attached', 'kept', 'trashed', 'volume-missing', 'pool-unavailable'])
    .describe('volume-missing: its file is not in the pool; pool-unavailable: unknown'),
  image: z.string(),
  snapshot: z.string().optional(),
  sizeBytes: z.int(),
  usedBytes: z.int().describe('what it occupies, including blocks shared with its image'),
  ephemeral: z.boolean(),
  createdAt: z.iso.datetime(),
  deletedAt: z.iso.datetime().optional().describe('when it is deleted from the trash'),
});
export type DiskView = z.infer<typeof diskView>;

/** Lists every disk: those of nodes first, in the order of the nodes' names, then those in the trash. */
export async function viewDisks(services: OperationServices): Promise<DiskView[]> {
  const ofNodes = (await services.catalog.list(nodes)).map(({ value }) => shownOfNode(value));
  return [...(await view(services, ofNodes)), ...(await viewTrash(services))];
}

/** Lists the disks in the trash, the next to be deleted first. */
export async function viewTrash(services: OperationServices): Promise<DiskView[]> {
  const trashed = (await services.catalog.list(trash)).map(({ value }) => value);
  const shown = await Promise.all(
    trashed.map(async (record): Promise<Shown & { untilMs: number }> => ({
      node: record.node,
      disk: record.disk,
      state: 'trashed',
      untilMs: await deletedAtMs(services, record),
    })),
  );
  return await view(
    services,
    shown.sort((a, b) => a.untilMs - b.untilMs),
  );
}

export async function viewDiskOf(services: OperationServices, record: NodeRecord): Promise<DiskView> {
  const [shown] = await view(services, [shownOfNode(record)]);
  return shown as DiskView;
}

/** Returns when a disk is deleted from the trash if the server runs until then, in milliseconds since the Unix epoch. */
export async function deletedAtMs(
  { clock, serviceTime }: Pick<OperationServices, 'clock' | 'serviceTime'>,
  { dueMs, untilMs }: Pick<TrashRecord, 'dueMs' | 'untilMs'>,
): Promise<number> {
  return dueMs === undefined ? untilMs : clock.now() + dueMs - (await serviceTime.nowMs());
}

/** A disk that is shown, and where it is. */
interface Shown extends Pick<NodeRecord, 'node' | 'disk'> {
  readonly state: DiskView['state'];
  readonly untilMs?: number;
}

function shownOfNode({ node, disk, state }: NodeRecord): Shown {
  return { node, disk, state: nodeStates[state].disk };
}

async function view({ catalog, pool }: OperationServices, disks: readonly Shown[]): Promise<DiskView[]> {
  const refs = disks.map(({ disk }) => diskVolume(disk));
  const volumes = await inspectVolumes(pool, refs);
  const nameOfImage = await readImageNames(catalog);
  return disks.map(({ node, disk, state, untilMs }, at) => ({
    diskId: disk.id,
    node,
    state: volumes[at]?.trouble ?? state,
    image: nameOfImage(disk),
    ...(disk.snapshot === undefined ? {} : { snapshot: fullName(disk.snapshot) }),
    sizeBytes: disk.sizeBytes,
    usedBytes: volumes[at]?.usedBytes ?? 0,
    ephemeral: disk.ephemeral ?? false,
    createdAt: new Date(disk.createdAtMs).toISOString(),
    ...(untilMs === undefined ? {} : { deletedAt: new Date(untilMs).toISOString() }),
  }));
}
