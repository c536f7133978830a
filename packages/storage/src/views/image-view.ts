import { compileGlob } from '@patchbay/objects';
import { z } from 'zod';

import { images, nodes, type ReadyImage } from '../catalog/tables.js';
import { verifiers } from '../disks/volume-pool.js';
import type { OperationServices } from '../provision/operation-services.js';
import { inspectVolume } from './volume-state.js';

export const imageView = z.object({
  name: z.string(),
  sizeBytes: z.int().describe('the smallest size of a disk made from it'),
  usedBytes: z.int().describe('what it occupies in the pool, including blocks shared with clones'),
  clones: z.int().describe('how many disks of nodes are clones of it'),
  tags: z.array(z.string()),
  createdAt: z.iso.datetime(),
  state: z
    .enum(['ready', 'volume-missing', 'pool-unavailable'])
    .describe('volume-missing: its file is not in the pool; pool-unavailable: unknown'),
  format: z.string().describe('the format that it was imported from; in the pool every image is raw'),
  sha256: z
    .string()
    .optional()
    .describe(
      'of what it was imported from; absent if it was made from a snapshot, or imported without one from what is mostly zeros',
    ),
  compression: z.string().optional().describe('how what it was imported from was compressed'),
  unpackedSha256: z
    .string()
    .optional()
    .describe('of what was unpacked, if it was compressed; absent as sha256 is'),
  verifiedBy: z
    .enum(verifiers)
    .optional()
    .describe(
      'what shows that the source was whole: the given SHA-256, which is that of its bytes or of what was unpacked; the checks of its compression or format; that its end was received, or nothing',
    ),
  source: z
    .string()
    .describe('where it came from: a URL, server:/PATH, upload, image:NAME or snapshot:NODE@NAME'),
});
export type ImageView = z.infer<typeof imageView>;

/** How a list shows each image: what fits on a line. */
export const imageRow = imageView.omit({
  sha256: true,
  compression: true,
  unpackedSha256: true,
  verifiedBy: true,
  source: true,
});

export interface ImageSelection {
  readonly filter?: string | undefined;
  /** Tags that an image must have, all of them. */
  readonly tags?: readonly string[] | undefined;
  /** Only names behind this one, in their order. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Lists the images that are ready, in the order of their names: all, or a selection. */
export async function viewImages(
  services: OperationServices,
  selection: ImageSelection = {},
): Promise<ImageView[]> {
  const { filter = '*', tags = [], after = '', limit = Infinity } = selection;
  const glob = compileGlob(filter);
  const records = (await services.catalog.list(images)).map(({ value }) => value);
  const shown = records
    .filter((record) => record.state === 'ready')
    .filter((record) => record.name > after && glob.matches(record.name))
    .filter((record) => tags.every((tag) => record.tags.some((each) => each === tag)))
    .slice(0, limit);
  const clones = await countClones(services);
  return Promise.all(shown.map((record) => viewOf(services, record, clones)));
}

export async function viewImage(services: OperationServices, record: ReadyImage): Promise<ImageView> {
  return viewOf(services, record, await countClones(services));
}

/** Counts the disks by the id of their image. */
async function countClones({ catalog }: OperationServices): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { value } of await catalog.list(nodes)) {
    counts.set(value.disk.imageId, (counts.get(value.disk.imageId) ?? 0) + 1);
  }
  return counts;
}

async function viewOf(
  { pool }: OperationServices,
  { id, name, content, source, tags, createdAtMs }: ReadyImage,
  clones: ReadonlyMap<string, number>,
): Promise<ImageView> {
  const { usedBytes, trouble } = await inspectVolume(pool, { kind: 'image', id });
  return {
    name,
    usedBytes,
    clones: clones.get(id) ?? 0,
    tags,
    createdAt: new Date(createdAtMs).toISOString(),
    state: trouble ?? 'ready',
    ...content,
    source,
  };
}
