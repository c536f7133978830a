import { z } from 'zod';

import { images, type ReadyImage, nodes } from '../catalog/tables.js';
import { type Parts } from '../provision/parts.js';

/** What is said of an image. */
export const imageView = z.object({
  name: z.string(),
  sizeBytes: z.int().describe('what a disk made from it has at least'),
  usedBytes: z.int().describe('what it occupies in the pool'),
  clones: z.int().describe('how many disks of nodes are clones of it'),
  createdAt: z.iso.datetime(),
  state: z.enum(['ready', 'volume-missing']).describe('volume-missing: its file is not in the pool'),
  format: z.string(),
  sha256: z.string(),
  source: z.string(),
});
export type ImageView = z.infer<typeof imageView>;

/** What a list says of each image: what fits a line. */
export const imageRow = imageView.omit({ sha256: true, source: true });

type ViewParts = Pick<Parts, 'catalog' | 'pool'>;

/** Shows every image that is ready, in the order of their names. */
export async function viewImages(parts: ViewParts): Promise<ImageView[]> {
  const records = await parts.catalog.list(images);
  const ready = records.map(({ value }) => value).filter((value) => value.state === 'ready');
  const clones = await countClones(parts);
  return Promise.all(ready.map((record) => viewOf(parts, record, clones)));
}

/** Shows one image. */
export async function viewImage(parts: ViewParts, record: ReadyImage): Promise<ImageView> {
  return viewOf(parts, record, await countClones(parts));
}

/** Counts the disks by the id of their image. */
async function countClones({ catalog }: ViewParts): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { value } of await catalog.list(nodes)) {
    counts.set(value.disk.imageId, (counts.get(value.disk.imageId) ?? 0) + 1);
  }
  return counts;
}

async function viewOf(
  { pool }: ViewParts,
  { id, name, content, source, createdAtMs }: ReadyImage,
  clones: ReadonlyMap<string, number>,
): Promise<ImageView> {
  const stat = await pool.stat({ kind: 'image', id });
  return {
    name,
    usedBytes: stat?.usedBytes ?? 0,
    clones: clones.get(id) ?? 0,
    createdAt: new Date(createdAtMs).toISOString(),
    state: stat === undefined ? 'volume-missing' : 'ready',
    ...content,
    source,
  };
}
