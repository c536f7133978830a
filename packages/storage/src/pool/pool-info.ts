import { z } from 'zod';

import { trash } from '../catalog/tables.js';
import { isOverHighWater } from '../disks/file/capacity.js';
import { diskVolume } from '../provision/node-recovery.js';
import type { OperationServices } from '../provision/operation-services.js';
import { listOrphans } from '../provision/orphans.js';
import { usageOfImages, usageOfNodes } from './usage.js';

const projectView = z.object({
  project: z.string().describe("the prefix of the names of the project's nodes"),
  disks: z.int(),
  maxDisks: z.int().optional(),
  bytes: z.int().describe('the sizes of its disks and snapshots'),
  maxBytes: z.int().optional(),
});

export const poolInfo = z.object({
  state: z
    .enum(['ready', 'high-water', 'read-only'])
    .describe('high-water, read-only: nothing new is taken in, everything else still works'),
  filesystem: z.string(),
  reflink: z.boolean().describe('whether clones and snapshots are instant and share their blocks'),
  sizeBytes: z.int().describe("the size of the pool's filesystem"),
  usedBytes: z.int(),
  freeBytes: z.int(),
  highWaterBytes: z.int().describe('nothing new is taken in while more than this is used'),
  freeUntilHighWaterBytes: z.int(),
  promisedBytes: z.int().describe('the sizes of all images, disks and snapshots, as initiators see them'),
  thinRatio: z.number().describe('how many times over the filesystem is promised'),
  images: z.int(),
  disks: z.int(),
  snapshots: z.int(),
  trashed: z.int().describe('the disks in the trash'),
  trashedBytes: z
    .int()
    .describe(
      'what they occupy, including blocks shared with images; it is freed when the pool needs the room',
    ),
  orphans: z.int().describe('files without a record that were set aside'),
  projects: z.array(projectView).describe('the projects that have a quota'),
});
export type PoolInfo = z.infer<typeof poolInfo>;

/** Reports how full the pool is and what is promised of it. @throws RpcError `POOL_UNAVAILABLE` */
export async function describePool({ pool, catalog, admission }: OperationServices): Promise<PoolInfo> {
  const capacity = await pool.capacity();
  const { filesystem, isWritable, ...space } = capacity;
  const ofNodes = await usageOfNodes(catalog);
  const ofImages = await usageOfImages(catalog);
  const trashed = await pool.stats((await catalog.list(trash)).map(({ value }) => diskVolume(value.disk)));
  const promisedBytes = ofNodes.bytes + ofImages.bytes;
  const projects = (await admission.projects(catalog)).map(({ project, usage, quota }) => ({
    project,
    disks: usage.disks,
    bytes: usage.bytes,
    ...(quota.disks === undefined ? {} : { maxDisks: quota.disks }),
    ...(quota.bytes === undefined ? {} : { maxBytes: quota.bytes }),
  }));
  return {
    state: !isWritable ? 'read-only' : isOverHighWater(capacity) ? 'high-water' : 'ready',
    filesystem,
    reflink: pool.copyOnWrite,
    ...space,
    freeUntilHighWaterBytes: Math.max(0, space.highWaterBytes - space.usedBytes),
    promisedBytes,
    thinRatio: Math.round((promisedBytes / space.sizeBytes) * 100) / 100,
    images: ofImages.images,
    disks: ofNodes.disks,
    snapshots: ofNodes.snapshots,
    trashed: trashed.length,
    trashedBytes: trashed.reduce((sum, stat) => sum + (stat?.usedBytes ?? 0), 0),
    orphans: (await listOrphans(pool)).length,
    projects,
  };
}
