import { z } from 'zod';

import { isRpcError } from '@patchbay/objects';

import { type ExportedNode, type NodeRecord, nodes, targetOf } from '../catalog/tables.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { isExported } from '../provision/export-check.js';
import { isExportWanted } from '../provision/exports.js';
import { requireNode } from '../provision/node-lookup.js';
import { type Parts } from '../provision/parts.js';
import { type VolumeRef } from '../disks/volume-pool.js';
import { type NodeName } from '../names.js';
import { type TargetState } from '../targets/target-host.js';
import { lookAt, lookAtAll, type VolumeSight } from './volume-state.js';

const target = z.object({ iqn: z.string(), portal: z.string(), lun: z.int() });

/** What `provision` returns. It holds no secret. */
export const provisionedNode = z.object({
  node: z.string(),
  image: z.string(),
  snapshot: z.string().optional(),
  diskId: z.string(),
  sizeBytes: z.int(),
  ephemeral: z.boolean().optional(),
  state: z.literal('ready'),
  target,
  initiator: z.string(),
  mac: z.string().optional(),
  chapUser: z.string(),
});

/** What is said of a node. */
export const nodeView = z.object({
  node: z.string(),
  image: z.string(),
  snapshot: z.string().optional(),
  diskId: z.string(),
  sizeBytes: z.int(),
  usedBytes: z.int().describe('what the disk occupies; blocks shared with its image count too'),
  ephemeral: z.boolean().optional().describe('whether each boot begins with a fresh clone'),
  state: z
    .enum([
      'creating',
      'attaching',
      'ready',
      'not-exported',
      'degraded',
      'volume-missing',
      'pool-unavailable',
      'rotating',
      'growing',
      'replacing',
      'detaching',
      'detached',
      'trashing',
      'deleting',
    ])
    .describe(
      'not-exported: the reconciler will export it; degraded: its target daemon does not answer, and is started again; volume-missing: its file is not in the pool',
    ),
  target: target.optional(),
  initiator: z.string().optional(),
  mac: z.string().optional().describe('the network card that may have the boot script'),
  connected: z.array(z.string()).describe('the addresses of the initiators that are connected'),
  createdAt: z.iso.datetime(),
});
export type NodeView = z.infer<typeof nodeView>;

/** Shows what a provision made. */
export function viewProvisioned(record: ExportedNode, portal: string): z.infer<typeof provisionedNode> {
  return {
    ...viewOrigin(record),
    state: 'ready',
    target: viewTarget(record, portal),
    ...viewLogin(record),
    chapUser: record.target.chap.user,
  };
}

/** Shows every node, in the order of their names. */
export async function viewNodes(parts: Parts): Promise<NodeView[]> {
  const [seen, { records, sights }] = await Promise.all([
    Promise.all(parts.targets.daemons.map(({ daemon }) => look(parts, daemon))),
    recordsWithSights(parts),
  ]);
  return records.map((record, at) =>
    viewOf(parts, record, { volume: sights[at], targets: seen[targetOf(record)?.daemon ?? 0] }),
  );
}

async function recordsWithSights({ catalog, pool }: Parts): Promise<{
  records: readonly NodeRecord[];
  sights: readonly VolumeSight[];
}> {
  const records = (await catalog.list(nodes)).map(({ value }) => value);
  const volumes = records.map(({ disk }): VolumeRef => ({ kind: 'disk', id: disk.id }));
  return { records, sights: await lookAtAll(pool, volumes) };
}

/** Shows one node. @throws RpcError `NODE_NOT_FOUND` */
export async function viewNode(parts: Parts, node: NodeName): Promise<NodeView> {
  const record = await requireNode(parts.catalog, node);
  const targets = await look(parts, targetOf(record)?.daemon ?? 0);
  return viewOf(parts, record, {
    volume: await lookAt(parts.pool, { kind: 'disk', id: record.disk.id }),
    targets,
  });
}

/** What a daemon has, by IQN; undefined while it does not answer. */
type SeenTargets = ReadonlyMap<string, TargetState> | undefined;

/** What was seen of a node's disk, and on its daemon. */
interface Seen {
  readonly volume: VolumeSight | undefined;
  readonly targets: SeenTargets;
}

/** Looks at a daemon's targets. While it is being restarted there are none; that is no reason to show no nodes. */
async function look({ targets, log }: Parts, daemon: number): Promise<SeenTargets> {
  try {
    const states = await targets.list(daemon);
    return new Map(states.map((state) => [state.iqn, state]));
  } catch (error) {
    if (!isRpcError(error, 'TARGET_TOOL_UNAVAILABLE')) {
      throw error;
    }
    log.warn('the targets cannot be listed now', { daemon, error });
    return undefined;
  }
}

function viewOf({ exports }: Parts, record: NodeRecord, { volume, targets: seen }: Seen): NodeView {
  const common = {
    ...viewOrigin(record),
    usedBytes: volume?.usedBytes ?? 0,
    createdAt: new Date(record.disk.createdAtMs).toISOString(),
  };
  const isAtRest = record.state === 'ready' || record.state === 'detached';
  const state = (isAtRest ? volume?.trouble : undefined) ?? record.state;
  if (!isExportWanted(record)) {
    return { ...common, state, connected: [] };
  }
  const found = seen?.get(record.target.iqn);
  const isServed = isExported(exports.specOf(record), found);
  return {
    ...common,
    state: state !== 'ready' || isServed ? state : seen === undefined ? 'degraded' : 'not-exported',
    target: viewTarget(record, exports.portalOf(record)),
    ...viewLogin(record),
    connected: [...new Set((found?.connections ?? []).map(({ address }) => address))],
  };
}

function viewTarget({ target: { iqn, lun } }: ExportedNode, portal: string): z.infer<typeof target> {
  return { iqn, portal, lun };
}

function viewLogin({ target: { initiator, mac } }: ExportedNode): { initiator: string; mac?: string } {
  return { initiator, ...(mac === undefined ? {} : { mac }) };
}

function viewOrigin({ node, disk }: NodeRecord): {
  node: string;
  image: string;
  snapshot?: string;
  diskId: string;
  sizeBytes: number;
  ephemeral?: boolean;
} {
  return {
    node,
    image: disk.image,
    ...(disk.snapshot === undefined ? {} : { snapshot: fullName(disk.snapshot) }),
    diskId: disk.id,
    sizeBytes: disk.sizeBytes,
    ...(disk.ephemeral === true && { ephemeral: true }),
  };
}
