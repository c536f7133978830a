import { z } from 'zod';

import type { SnapshotRecord } from '../catalog/tables.js';
import { readImageNames } from '../provision/image-names.js';
import type { OperationServices } from '../provision/operation-services.js';
import { inspectVolumes, type VolumeInfo } from './volume-state.js';

export const snapshotView = z.object({
  node: z.string(),
  name: z.string(),
  image: z.string().describe('the image that the disk came from'),
  diskId: z.string().describe('the disk that it was taken of'),
  sizeBytes: z.int(),
  usedBytes: z.int().describe('what it occupies, including blocks shared with the disk'),
  schedule: z.string().optional().describe('the schedule that took it'),
  createdAt: z.iso.datetime(),
  state: z
    .enum(['ready', 'volume-missing', 'pool-unavailable'])
    .describe('volume-missing: its file is not in the pool; pool-unavailable: unknown'),
});
export type SnapshotView = z.infer<typeof snapshotView>;

export async function viewSnapshot(
  services: OperationServices,
  record: SnapshotRecord,
): Promise<SnapshotView> {
  const [view] = await viewSnapshots(services, [record]);
  return view as SnapshotView;
}

export async function viewSnapshots(
  { catalog, pool }: OperationServices,
  records: readonly SnapshotRecord[],
): Promise<SnapshotView[]> {
  const volumes = await inspectVolumes(
    pool,
    records.map(({ id }) => ({ kind: 'snapshot', id })),
  );
  const nameOfImage = await readImageNames(catalog);
  return records.map((record, at) => viewOf(record, nameOfImage(record), volumes[at]));
}

function viewOf(record: SnapshotRecord, image: string, volume: VolumeInfo | undefined): SnapshotView {
  return {
    node: record.node,
    name: record.name,
    image,
    diskId: record.diskId,
    sizeBytes: record.sizeBytes,
    usedBytes: volume?.usedBytes ?? 0,
    ...(record.schedule === undefined ? {} : { schedule: record.schedule }),
    createdAt: new Date(record.createdAtMs).toISOString(),
    state: volume?.trouble ?? 'ready',
  };
}
