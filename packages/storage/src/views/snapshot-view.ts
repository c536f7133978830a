import { z } from 'zod';

import { type SnapshotRecord } from '../catalog/tables.js';
import { type Parts } from '../provision/parts.js';
import { lookAt } from './volume-state.js';

/** What is said of a snapshot. */
export const snapshotView = z.object({
  node: z.string(),
  name: z.string(),
  image: z.string().describe('the image that the disk came from'),
  diskId: z.string().describe('the disk that it is a snapshot of'),
  sizeBytes: z.int(),
  usedBytes: z.int().describe('what it occupies; blocks shared with the disk count too'),
  schedule: z.string().optional().describe('the schedule that took it'),
  createdAt: z.iso.datetime(),
  state: z
    .enum(['ready', 'volume-missing', 'pool-unavailable'])
    .describe('volume-missing: its file is not in the pool; pool-unavailable: nobody knows'),
});
export type SnapshotView = z.infer<typeof snapshotView>;

/** Shows a snapshot. */
export async function viewSnapshot(
  { pool }: Pick<Parts, 'pool'>,
  record: SnapshotRecord,
): Promise<SnapshotView> {
  const { usedBytes, trouble } = await lookAt(pool, { kind: 'snapshot', id: record.id });
  return {
    node: record.node,
    name: record.name,
    image: record.image,
    diskId: record.diskId,
    sizeBytes: record.sizeBytes,
    usedBytes,
    ...(record.schedule === undefined ? {} : { schedule: record.schedule }),
    createdAt: new Date(record.createdAtMs).toISOString(),
    state: trouble ?? 'ready',
  };
}
