import { z } from 'zod';

import { verifiers } from '../disks/volume-pool.js';
import { conflictPolicy } from '../sessions/conflict-policy.js';
import { imageName, imageTag, iqn, macAddress, nodeName, snapshotName } from '../names.js';

/** A kind of record in the catalog: the prefix of its keys, and the schema that its values are checked by. */
export interface Table<T> {
  readonly prefix: string;
  readonly schema: z.ZodType<T>;
}

const id = z.uuid();
const momentMs = z.int().nonnegative();
const durationMs = z.int().nonnegative();

/** What an image holds; known once it is whole. */
const imageContent = z.object({
  sizeBytes: z.int().positive(),
  /** Of the source's bytes; absent where a disk's snapshot became the image, or most of them were zeros. */
  sha256: z.string().optional(),
  /** How the source was compressed, and the SHA-256 of what was unpacked from it; absent if it was not. */
  compression: z.string().optional(),
  unpackedSha256: z.string().optional(),
  format: z.string(),
  /** What shows that the source was whole; absent where none was read, or by a version that did not record it. */
  verifiedBy: z.enum(verifiers).optional(),
});

/** Which volume of the pool an image was cloned from: it tells apart images and snapshots of the same name. */
const imageOrigin = z.object({ kind: z.enum(['image', 'snapshot']), id });
export type ImageOrigin = z.infer<typeof imageOrigin>;

const imageBase = z.object({
  id,
  name: imageName,
  /** Where it came from, in words: a URL, `server:/PATH`, `upload`, `image:NAME` or `snapshot:NODE@NAME`. */
  source: z.string(),
  /** Absent where it was imported. */
  origin: imageOrigin.optional(),
  /** What it was called until it was renamed last. */
  formerName: imageName.optional(),
  tags: z.array(imageTag).default([]),
  createdAtMs: momentMs,
});

/** An image. `creating`: it is being made, or that was cut short; `deleting`: its file is being removed. */
export const imageRecord = z.discriminatedUnion('state', [
  imageBase.extend({ state: z.literal('creating') }),
  imageBase.extend({ state: z.literal('ready'), content: imageContent }),
  imageBase.extend({ state: z.literal('deleting') }),
]);
export type ImageRecord = z.infer<typeof imageRecord>;
export type ReadyImage = Extract<ImageRecord, { state: 'ready' }>;

/** Which snapshot a disk was cloned from. It is kept when the snapshot is gone, as the source of the data. */
const snapshotOrigin = z.object({ id, node: nodeName, name: snapshotName });

/** A disk, whosever it is. */
export const diskRecord = z.object({
  id,
  imageId: id,
  /** What its image was called last, where that is gone; while the image is there, its own record says. */
  image: imageName.optional(),
  snapshot: snapshotOrigin.optional(),
  /** What it was cloned from, in bytes: the size that a provision without a size asks for. */
  sourceSizeBytes: z.int().positive(),
  sizeBytes: z.int().positive(),
  /** The size that it was provisioned with, where it has grown since. */
  grownFromBytes: z.int().positive().optional(),
  /** Whether each boot begins with a fresh clone. */
  ephemeral: z.boolean().optional(),
  createdAtMs: momentMs,
});
export type DiskRecord = z.infer<typeof diskRecord>;

const targetRecord = z.object({
  /** Which of the host's target daemons serves it; the first, before there could be several. */
  daemon: z.int().nonnegative().default(0),
  tid: z.int().positive(),
  iqn,
  lun: z.int().nonnegative(),
  initiator: iqn,
  chap: z.object({ user: z.string(), secret: z.string() }),
  /** The network card that may have the boot script; without one nobody gets it. */
  mac: macAddress.optional(),
  /** What is done when several machines log in; default: what the options of the object say. */
  onConflict: conflictPolicy.optional(),
});
export type TargetRecord = z.infer<typeof targetRecord>;

const nodeBase = z.object({
  node: nodeName,
  disk: diskRecord,
  /** The name that the node had before `rename_node`. */
  movedFrom: nodeName.optional(),
});
const exported = nodeBase.extend({ target: targetRecord });
const perhapsExported = nodeBase.extend({ target: targetRecord.optional() });

/**
 * A node with its disk, and how the disk is exported. What the states mean stands in provision/node-states.ts. A disk
 * that is `attaching` was kept for the node `from`, and goes back to it where that is undone.
 */
export const nodeRecord = z.discriminatedUnion('state', [
  exported.extend({ state: z.literal('creating') }),
  exported.extend({ state: z.literal('ready') }),
  exported.extend({ state: z.literal('rotating') }),
  exported.extend({ state: z.literal('attaching'), from: nodeName.optional() }),
  exported.extend({ state: z.literal('detaching'), from: nodeName.optional() }),
  exported.extend({ state: z.literal('growing'), growToBytes: z.int().positive() }),
  perhapsExported.extend({ state: z.literal('replacing'), stagedId: id }),
  nodeBase.extend({ state: z.literal('detached') }),
  perhapsExported.extend({ state: z.literal('trashing'), untilMs: momentMs, keepMs: durationMs.optional() }),
  perhapsExported.extend({ state: z.literal('deleting') }),
]);
export type NodeRecord = z.infer<typeof nodeRecord>;
/** A node in one of some states. */
export type NodeIn<S extends NodeRecord['state']> = Extract<NodeRecord, { state: S }>;
/** A node whose record surely has a target. */
export type ExportedNode = Exclude<NodeRecord, NodeIn<'replacing' | 'detached' | 'trashing' | 'deleting'>>;

/** A snapshot of a node's disk. It outlives the disk, and even the node. */
export const snapshotRecord = z.object({
  id,
  node: nodeName,
  name: snapshotName,
  diskId: id,
  imageId: id,
  sizeBytes: z.int().positive(),
  state: z.enum(['creating', 'ready', 'deleting']),
  /** The schedule that took it, and that may delete it. */
  schedule: z.string().optional(),
  createdAtMs: momentMs,
});
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

/** A disk that `detach_node` took from a node. `deleting`: its file is being removed. */
export const trashRecord = z.object({
  node: nodeName,
  disk: diskRecord,
  state: z.enum(['trashed', 'deleting']),
  trashedAtMs: momentMs,
  /** When it was to be deleted, by the clock of that time. */
  untilMs: momentMs,
  /** The service time at which the reconciler deletes it; absent until a version that counts it has seen the record. */
  dueMs: durationMs.optional(),
});
export type TrashRecord = z.infer<typeof trashRecord>;

/** A file of ours that had no record, and was set aside. */
export const orphanRecord = z.object({
  /** What it was, and its id as that. */
  volume: z.object({ kind: z.enum(['image', 'disk', 'snapshot']), id: z.string() }),
  setAsideAtMs: momentMs,
  /** The service time at which the reconciler deletes it. */
  dueMs: durationMs,
});
export type OrphanRecord = z.infer<typeof orphanRecord>;

/** A schedule of snapshots of a node's disk. */
export const scheduleRecord = z.object({
  node: nodeName,
  name: snapshotName,
  cron: z.string(),
  /** The time zone of the expression; absent in records of earlier versions: the server's. */
  zone: z.string().optional(),
  /** How many of its snapshots stay. */
  keep: z.int().positive(),
  /** When the next snapshot is due. It is in the past when the time was missed. */
  nextAtMs: momentMs,
  lastAtMs: momentMs.optional(),
  /** Why the last try failed. */
  lastError: z.string().optional(),
});
export type ScheduleRecord = z.infer<typeof scheduleRecord>;

/** Something about a node's target that somebody has to look at, for as long as it is so. */
export const alertRecord = z.object({
  node: nodeName,
  /**
   * - `foreign-access`: its target has rules, accounts or sessions that the catalog does not know
   * - `session-conflict`: several machines use its disk at the same time
   */
  kind: z.enum(['foreign-access', 'session-conflict']),
  message: z.string(),
  sinceMs: momentMs,
});
export type AlertRecord = z.infer<typeof alertRecord>;
export type AlertKind = AlertRecord['kind'];

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
/** Disks in the trash by their id. */
export const trash: Table<TrashRecord> = { prefix: 'trash/', schema: trashRecord };
/** Files that were set aside, by their id as an orphan. */
export const orphans: Table<OrphanRecord> = { prefix: 'orphan/', schema: orphanRecord };
/** Schedules of snapshots by `node/name`. */
export const schedules: Table<ScheduleRecord> = { prefix: 'schedule/', schema: scheduleRecord };
/** Alerts by `node/kind`. */
export const alerts: Table<AlertRecord> = { prefix: 'alert/', schema: alertRecord };
/** What became of the names of renamed nodes, as long as snapshots or schedules still have to follow. */
export const renames: Table<string> = { prefix: 'rename/', schema: nodeName };
/** Which node a MAC address belongs to: it makes them unique. */
export const macs: Table<string> = { prefix: 'mac/', schema: nodeName };
/** The one-time tokens of nodes' boot scripts, by node, until they are used. */
export const bootTokens: Table<string> = { prefix: 'boot-token/', schema: z.string() };
/** The catalog's own facts, by name. */
export const facts: Table<string> = { prefix: 'fact/', schema: z.string() };

/** Returns the target that a node has, or that is being removed. */
export function targetOf(record: NodeRecord): TargetRecord | undefined {
  return 'target' in record ? record.target : undefined;
}

/** Returns a snapshot's key, or a schedule's. */
export function snapshotKey(node: string, name: string): string {
  return `${node}/${name}`;
}

/** Returns a target id's key: of fixed width, so that keys are in the order of the numbers. */
export function tidKey(tid: number): string {
  return String(tid).padStart(10, '0');
}
