import { isRpcError } from '@patchbay/core';
import { z } from 'zod';

import { type ExportedNode, type NodeRecord, nodes } from '../catalog/tables.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { isExported } from '../provision/export-check.js';
import { isExportWanted } from '../provision/exports.js';
import { requireNode } from '../provision/node-lookup.js';
import { type Parts } from '../provision/parts.js';
import { type NodeName } from '../names.js';
import { type TargetState } from '../targets/target-host.js';

const target = z.object({ iqn: z.string(), portal: z.string(), lun: z.int() });

/** What `provision` returns. It holds no secret. */
export const provisionedNode = z.object({
  node: z.string(),
  image: z.string(),
  snapshot: z.string().optional(),
  diskId: z.string(),
  sizeBytes: z.int(),
  state: z.literal('ready'),
  target,
  initiator: z.string(),
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
  state: z
    .enum([
      'creating',
      'attaching',
      'ready',
      'not-exported',
      'volume-missing',
      'detaching',
      'detached',
      'deleting',
    ])
    .describe('not-exported: the reconciler will export it; volume-missing: its file is not in the pool'),
  target: target.optional(),
  initiator: z.string().optional(),
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
    initiator: record.target.initiator,
    chapUser: record.target.chap.user,
  };
}

/** Shows every node, in the order of their names. */
export async function viewNodes(parts: Parts): Promise<NodeView[]> {
  const states = await targetStates(parts);
  const records = await parts.catalog.list(nodes);
  return Promise.all(records.map(({ value }) => viewOf(parts, value, states)));
}

/** Shows one node. @throws RpcError `NODE_NOT_FOUND` */
export async function viewNode(parts: Parts, node: NodeName): Promise<NodeView> {
  return viewOf(parts, await requireNode(parts.catalog, node), await targetStates(parts));
}

/** While the target daemon is being restarted there are no targets; that is no reason to show no nodes. */
async function targetStates({ targets, log }: Parts): Promise<ReadonlyMap<string, TargetState>> {
  try {
    const states = await targets.list();
    return new Map(states.map((state) => [state.iqn, state]));
  } catch (error) {
    if (!isRpcError(error, 'TARGET_TOOL_UNAVAILABLE')) {
      throw error;
    }
    log.warn('the targets cannot be listed now', { error });
    return new Map();
  }
}

async function viewOf(
  { pool, exports }: Parts,
  record: NodeRecord,
  states: ReadonlyMap<string, TargetState>,
): Promise<NodeView> {
  const stat = await pool.stat({ kind: 'disk', id: record.disk.id });
  const common = {
    ...viewOrigin(record),
    usedBytes: stat?.usedBytes ?? 0,
    createdAt: new Date(record.disk.createdAtMs).toISOString(),
  };
  const isAtRest = record.state === 'ready' || record.state === 'detached';
  const state = isAtRest && stat === undefined ? 'volume-missing' : record.state;
  if (!isExportWanted(record)) {
    return { ...common, state, connected: [] };
  }
  const found = states.get(record.target.iqn);
  return {
    ...common,
    state: state === 'ready' && !isExported(exports.specOf(record), found) ? 'not-exported' : state,
    target: viewTarget(record, exports.portal),
    initiator: record.target.initiator,
    connected: [...new Set((found?.connections ?? []).map(({ address }) => address))],
  };
}

function viewTarget({ target: { iqn, lun } }: ExportedNode, portal: string): z.infer<typeof target> {
  return { iqn, portal, lun };
}

function viewOrigin({ node, disk }: NodeRecord): {
  node: string;
  image: string;
  snapshot?: string;
  diskId: string;
  sizeBytes: number;
} {
  return {
    node,
    image: disk.image,
    ...(disk.snapshot === undefined ? {} : { snapshot: fullName(disk.snapshot) }),
    diskId: disk.id,
    sizeBytes: disk.sizeBytes,
  };
}
