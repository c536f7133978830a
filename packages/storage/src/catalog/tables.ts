import { z } from 'zod';

import { imageName, iqn, nodeName, snapshotName } from '../names.js';

/** A kind of record in the catalog: the prefix of its keys, and the schema that its values are checked by. */
export interface Table<T> {
  readonly prefix: string;
  readonly schema: z.ZodType<T>;
}

const id = z.uuid();
const momentMs = z.int().nonnegative();

/** What an import found; known once it has ended. */
const imageContent = z.object({ sizeBytes: z.int().positive(), sha256: z.string(), format: z.string() });

const imageBase = z.object({ id, name: imageName, source: z.string(), createdAtMs: momentMs });

/**
 * An image. `creating`: the import is under way or was cut short; `deleting`: its file is being removed.
 */
export const imageRecord = z.discriminatedUnion('state', [
  imageBase.extend({ state: z.literal('creating') }),
  imageBase.extend({ state: z.literal('ready'), content: imageContent }),
  imageBase.extend({ state: z.literal('deleting') }),
]);
export type ImageRecord = z.infer<typeof imageRecord>;
export type ReadyImage = Extract<ImageRecord, { state: 'ready' }>;

/** Which snapshot a disk was cloned from. It is kept when the snapshot is gone: it says where the data is from. */
const snapshotOrigin = z.object({ id, node: nodeName, name: snapshotName });

const diskRecord = z.object({
  id,
  imageId: id,
  image: imageName,
  snapshot: snapshotOrigin.optional(),
  /** What it was cloned from, in bytes: the size that a provision without a size asks for. */
  sourceSizeBytes: z.int().positive(),
  sizeBytes: z.int().positive(),
  createdAtMs: momentMs,
});
export type DiskRecord = z.infer<typeof diskRecord>;

const targetRecord = z.object({
  tid: z.int().positive(),
  iqn,
  lun: z.int().nonnegative(),
  initiator: iqn,
  chap: z.object({ user: z.string(), secret: z.string() }),
});
export type TargetRecord = z.infer<typeof targetRecord>;

const nodeBase = z.object({ node: nodeName, disk: diskRecord });

/**
 * A node with its disk, and how the disk is exported.
 *
 * - `creating`: the disk is being cloned and exported; nobody was told of it yet
 * - `attaching`: a disk that was kept is being exported again; nobody was told of it yet
 * - `ready`: the node may use its disk
 * - `detaching`: the export is being removed, the disk stays
 * - `detached`: the disk stays without an export
 * - `deleting`: the export and the disk are being removed
 */
export const nodeRecord = z.discriminatedUnion('state', [
  nodeBase.extend({
    state: z.enum(['creating', 'attaching', 'ready', 'detaching']),
    target: targetRecord,
  }),
  nodeBase.extend({ state: z.literal('detached') }),
  nodeBase.extend({ state: z.literal('deleting'), target: targetRecord.optional() }),
]);
export type NodeRecord = z.infer<typeof nodeRecord>;
export type ExportedNode = Extract<NodeRecord, { state: 'ready' | 'creating' | 'attaching' | 'detaching' }>;

/** A snapshot of a node's disk. It outlives the disk, and even the node. */
export const snapshotRecord = z.object({
  id,
  node: nodeName,
  name: snapshotName,
  diskId: id,
  imageId: id,
  image: imageName,
  sizeBytes: z.int().positive(),
  state: z.enum(['creating', 'ready', 'deleting']),
  createdAtMs: momentMs,
});
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

/** Images by name. */
export const images: Table<ImageRecord> = { prefix: 'image/', schema: imageRecord };
/** Nodes by name. */
export const nodes: Table<NodeRecord> = { prefix: 'node/', schema: nodeRecord };
/** Snapshots by `node/name`. */
export const snapshots: Table<SnapshotRecord> = { prefix: 'snapshot/', schema: snapshotRecord };
/** Which node an initiator name belongs to: it makes initiators unique. */
export const initiators: Table<string> = { prefix: 'initiator/', schema: nodeName };
/** Which node a target id belongs to, by `tidKey`: it makes target ids unique. */
export const tids: Table<string> = { prefix: 'tid/', schema: nodeName };
/** The catalog's own facts, by name. */
export const facts: Table<string> = { prefix: 'fact/', schema: z.string() };

/** Gives the target that a node has, or that is being removed. */
export function targetOf(record: NodeRecord): TargetRecord | undefined {
  return record.state === 'detached' ? undefined : record.target;
}

/** Gives a snapshot's key. */
export function snapshotKey(node: string, name: string): string {
  return `${node}/${name}`;
}

/** Gives a target id's key: of fixed width, so that keys are in the order of the numbers. */
export function tidKey(tid: number): string {
  return String(tid).padStart(10, '0');
}
