import { z } from 'zod';

import { type DiskRecord, type NodeRecord, nodes, trash, type TrashRecord } from '../catalog/tables.js';
import { type Parts } from '../provision/parts.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { lookAt } from './volume-state.js';

/** What is said of a disk, wherever it is. */
export const diskView = z.object({
  diskId: z.string(),
  node: z.string().describe('the node that has it, that it is kept for, or that it was of'),
  state: z
    .enum(['attached', 'kept', 'trashed', 'volume-missing', 'pool-unavailable'])
    .describe('volume-missing: its file is not in the pool; pool-unavailable: nobody knows'),
  image: z.string(),
  snapshot: z.string().optional(),
  sizeBytes: z.int(),
  usedBytes: z.int().describe('what it occupies; blocks shared with its image count too'),
  ephemeral: z.boolean(),
  createdAt: z.iso.datetime(),
  deletedAt: z.iso.datetime().optional().describe('when it goes from the trash'),
});
export type DiskView = z.infer<typeof diskView>;

type ViewParts = Pick<Parts, 'catalog' | 'pool'>;

/** Shows every disk: those of nodes first, in the order of the nodes' names, then those in the trash. */
export async function viewDisks(parts: ViewParts): Promise<DiskView[]> {
  const ofNodes = (await parts.catalog.list(nodes)).map(({ value }) => viewOfNode(parts, value));
  return [...(await Promise.all(ofNodes)), ...(await viewTrash(parts))];
}

/** Shows the disks in the trash, the next to be deleted first. */
export async function viewTrash(parts: ViewParts): Promise<DiskView[]> {
  const trashed = (await parts.catalog.list(trash)).map(({ value }) => value);
  const ordered = trashed.sort((a, b) => a.untilMs - b.untilMs);
  return Promise.all(ordered.map((record) => viewOfTrashed(parts, record)));
}

/** Shows the disk of a node. */
export function viewOfNode(parts: ViewParts, { node, disk, state }: NodeRecord): Promise<DiskView> {
  return viewOf(parts, node, disk, state === 'detached' ? 'kept' : 'attached');
}

async function viewOfTrashed(parts: ViewParts, { node, disk, untilMs }: TrashRecord): Promise<DiskView> {
  const view = await viewOf(parts, node, disk, 'trashed');
  return { ...view, deletedAt: new Date(untilMs).toISOString() };
}

async function viewOf(
  { pool }: ViewParts,
  node: string,
  disk: DiskRecord,
  state: DiskView['state'],
): Promise<DiskView> {
  const { usedBytes, trouble } = await lookAt(pool, { kind: 'disk', id: disk.id });
  return {
    diskId: disk.id,
    node,
    state: trouble ?? state,
    image: disk.image,
    ...(disk.snapshot === undefined ? {} : { snapshot: fullName(disk.snapshot) }),
    sizeBytes: disk.sizeBytes,
    usedBytes,
    ephemeral: disk.ephemeral ?? false,
    createdAt: new Date(disk.createdAtMs).toISOString(),
  };
}
