import type { CatalogReader } from '../catalog/catalog.js';
import { images, type NodeRecord, nodes, snapshotKey, snapshots } from '../catalog/tables.js';

/**
 * What is promised to nodes: the space of their disks and snapshots if they were written full. Disks in the trash are
 * not promised to anybody: they make room for others.
 */
export interface Usage {
  readonly disks: number;
  readonly snapshots: number;
  readonly bytes: number;
}

/**
 * Counts what the nodes have whose names begin with `prefix`. It is counted from the catalog each time, so that what an
 * operation did not finish or undid cannot stay counted.
 */
export async function usageOfNodes(reader: CatalogReader, prefix = ''): Promise<Usage> {
  const disks = (await reader.list(nodes, prefix)).map(({ value }) => promisedTo(value));
  const taken = (await reader.list(snapshots, prefix)).map(({ value }) => value.sizeBytes);
  return { disks: disks.length, snapshots: taken.length, bytes: sum([...disks, ...taken]) };
}

/** Counts the bytes of a node's disk and its snapshots. */
export async function bytesOfNode(reader: CatalogReader, record: NodeRecord): Promise<number> {
  const taken = await reader.list(snapshots, snapshotKey(record.node, ''));
  return sum([promisedTo(record), ...taken.map(({ value }) => value.sizeBytes)]);
}

/** Counts the images, and the bytes that they would take if they were written full. */
export async function usageOfImages(reader: CatalogReader): Promise<{ images: number; bytes: number }> {
  const all = (await reader.list(images)).map(({ value }) => value);
  const sizes = all.flatMap((image) => (image.state === 'ready' ? [image.content.sizeBytes] : []));
  return { images: all.length, bytes: sum(sizes) };
}

function promisedTo(record: NodeRecord): number {
  return record.state === 'growing' ? record.growToBytes : record.disk.sizeBytes;
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
