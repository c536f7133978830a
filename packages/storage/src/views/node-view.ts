import { compileGlob, isRpcError } from '@patchbay/objects';
import { secret } from '@patchbay/objects/define';
import { z } from 'zod';

import { listAlerts } from '../alerts/alerts.js';
import type { CatalogReader } from '../catalog/catalog.js';
import {
  alertRecord,
  bootTokens,
  type ExportedNode,
  type NodeRecord,
  nodes,
  targetOf,
} from '../catalog/tables.js';
import type { NodeName } from '../names.js';
import { isExported } from '../provision/exports.js';
import { readImageNames } from '../provision/image-names.js';
import { requireNode, requireReadyNode } from '../provision/node-lookup.js';
import { diskVolume } from '../provision/node-recovery.js';
import { isAtRest, isExportWanted, nodeStateNames } from '../provision/node-states.js';
import type { OperationServices } from '../provision/operation-services.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { conflictPolicy } from '../sessions/conflict-policy.js';
import type { TargetState } from '../targets/target-host.js';
import { inspectVolume, inspectVolumes, type VolumeInfo } from './volume-state.js';

const origin = z.object({
  node: z.string(),
  image: z.string(),
  snapshot: z.string().optional(),
  diskId: z.string(),
  sizeBytes: z.int(),
  ephemeral: z.boolean().optional(),
});
const target = z.object({ iqn: z.string(), portal: z.string(), lun: z.int() });

/** What `provision` returns. It holds no secret. */
export const provisionedNode = origin.extend({
  state: z.literal('ready'),
  target,
  initiator: z.string(),
  mac: z.string().optional(),
  onConflict: conflictPolicy.optional(),
  chapUser: z.string(),
});

export const nodeView = z.object({
  node: z.string(),
  image: z.string(),
  snapshot: z.string().optional(),
  diskId: z.string(),
  sizeBytes: z.int(),
  usedBytes: z.int().describe('what the disk occupies, including blocks shared with its image'),
  ephemeral: z.boolean().optional().describe('whether each boot begins with a fresh clone'),
  state: z
    .enum([...nodeStateNames, 'not-exported', 'degraded', 'volume-missing', 'pool-unavailable'])
    .describe(
      'not-exported: the reconciler will export it; degraded: its target daemon does not answer and is restarted; volume-missing: its file is not in the pool',
    ),
  target: target.optional(),
  initiator: z.string().optional(),
  mac: z.string().optional().describe('the MAC address of the network card that gets the boot script'),
  onConflict: conflictPolicy
    .optional()
    .describe("what is done when several machines log in, if not what the object's options say"),
  connected: z.array(z.string()).describe('the addresses of the initiators that are connected'),
  createdAt: z.iso.datetime(),
});
export type NodeView = z.infer<typeof nodeView>;

const session = z.object({
  initiator: z.string(),
  address: z.string(),
  since: z.iso.datetime().optional().describe('absent if it began before the server was started'),
});

export const nodeDetails = nodeView.extend({
  sessions: z.array(session).describe('each session on its disk, also several from one address'),
  alerts: z
    .array(z.object({ kind: alertRecord.shape.kind, since: z.iso.datetime(), message: z.string() }))
    .describe('what somebody has to look at'),
});

export const nodeCredentials = z.object({
  node: z.string(),
  chapUser: z.string(),
  chapSecret: secret(z.string()),
  bootToken: secret(z.string())
    .optional()
    .describe('the one-time token of the boot script, until it is used'),
});

/** Shows a node whose disk is ready. */
export async function viewProvisioned(
  { catalog, exports }: OperationServices,
  record: ExportedNode,
): Promise<z.infer<typeof provisionedNode>> {
  const nameOfImage = await readImageNames(catalog);
  return {
    ...viewOrigin(record, nameOfImage(record.disk)),
    state: 'ready',
    ...viewExport(record, exports.portalOf(record)),
    chapUser: record.target.chap.user,
  };
}

/** Shows a node's secrets. @throws RpcError `NODE_NOT_FOUND`, `NODE_DETACHED` */
export async function viewCredentials(
  catalog: CatalogReader,
  node: NodeName,
): Promise<z.infer<typeof nodeCredentials>> {
  const { target } = await requireReadyNode(catalog, node);
  const bootToken = await catalog.get(bootTokens, node);
  return {
    node,
    chapUser: target.chap.user,
    chapSecret: target.chap.secret,
    ...(bootToken === undefined ? {} : { bootToken }),
  };
}

export interface NodeSelection {
  readonly filter?: string | undefined;
  readonly state?: NodeView['state'] | undefined;
  readonly image?: string | undefined;
  readonly connected?: boolean | undefined;
}

/** Lists the nodes in the order of their names: all, or a selection. */
export async function viewNodes(
  services: OperationServices,
  { filter = '*', state, image, connected }: NodeSelection = {},
): Promise<NodeView[]> {
  const glob = compileGlob(filter);
  return (await viewAll(services)).filter(
    (view) =>
      glob.matches(view.node) &&
      (state === undefined || view.state === state) &&
      (image === undefined || view.image === image) &&
      (connected === undefined || view.connected.length > 0 === connected),
  );
}

async function viewAll(services: OperationServices): Promise<NodeView[]> {
  const { targets, catalog, pool } = services;
  const records = (await catalog.list(nodes)).map(({ value }) => value);
  const disks = records.map(({ disk }) => diskVolume(disk));
  const [seen, volumes, nameOfImage] = await Promise.all([
    Promise.all(targets.daemons.map(({ daemon }) => seeTargets(services, daemon))),
    inspectVolumes(pool, disks),
    readImageNames(catalog),
  ]);
  return records.map((record, at) => {
    const found = { volume: volumes[at], targets: seen[targetOf(record)?.daemon ?? 0] };
    return viewOf(services, record, { ...found, image: nameOfImage(record.disk) });
  });
}

/** Shows one node. @throws RpcError `NODE_NOT_FOUND` */
export async function viewNode(services: OperationServices, node: NodeName): Promise<NodeView> {
  const { catalog, pool } = services;
  const record = await requireNode(catalog, node);
  const nameOfImage = await readImageNames(catalog);
  return viewOf(services, record, {
    volume: await inspectVolume(pool, diskVolume(record.disk)),
    targets: await seeTargets(services, targetOf(record)?.daemon ?? 0),
    image: nameOfImage(record.disk),
  });
}

/** Shows one node with its sessions and alerts. @throws RpcError `NODE_NOT_FOUND` */
export async function viewDetails(
  services: OperationServices,
  node: NodeName,
): Promise<z.infer<typeof nodeDetails>> {
  const { catalog } = services;
  const view = await viewNode(services, node);
  const target = targetOf(await requireNode(catalog, node));
  const seen = await seeTargets(services, target?.daemon ?? 0);
  const { connections = [] } = (target && seen?.get(target.iqn)) ?? {};
  const bySid = new Map(connections.map((connection) => [connection.sid, connection]));
  return {
    ...view,
    sessions: [...bySid.values()].map(({ initiator, address, sinceMs }) => ({
      initiator,
      address,
      ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
    })),
    alerts: (await listAlerts(catalog, node)).map(({ kind, sinceMs, message }) => ({
      kind,
      since: new Date(sinceMs).toISOString(),
      message,
    })),
  };
}

/** What a daemon has, by IQN; undefined while it does not answer. */
type SeenTargets = ReadonlyMap<string, TargetState> | undefined;

interface Seen {
  readonly volume: VolumeInfo | undefined;
  readonly targets: SeenTargets;
  readonly image: string;
}

/** Looks at a daemon's targets. While it is being restarted there are none; the nodes are shown all the same. */
async function seeTargets({ targets, log }: OperationServices, daemon: number): Promise<SeenTargets> {
  try {
    const states = await targets.list(daemon);
    return new Map(states.map((state) => [state.iqn, state]));
  } catch (error) {
    if (!isRpcError(error, 'TARGET_TOOL_UNAVAILABLE')) {
      throw error;
    }
    log.warn('cannot list the targets now', { daemon, error });
    return undefined;
  }
}

function viewOf(
  { exports }: OperationServices,
  record: NodeRecord,
  { volume, targets: seen, image }: Seen,
): NodeView {
  const common = {
    ...viewOrigin(record, image),
    usedBytes: volume?.usedBytes ?? 0,
    createdAt: new Date(record.disk.createdAtMs).toISOString(),
  };
  const state = (isAtRest(record) ? volume?.trouble : undefined) ?? record.state;
  if (!isExportWanted(record)) {
    return { ...common, state, connected: [] };
  }
  const found = seen?.get(record.target.iqn);
  const isServed = isExported(exports.specOf(record), found);
  return {
    ...common,
    state: state !== 'ready' || isServed ? state : seen === undefined ? 'degraded' : 'not-exported',
    ...viewExport(record, exports.portalOf(record)),
    connected: [...new Set((found?.connections ?? []).map(({ address }) => address))],
  };
}

function viewExport(
  { target: { iqn, lun, initiator, mac, onConflict } }: ExportedNode,
  portal: string,
): Pick<z.infer<typeof provisionedNode>, 'target' | 'initiator' | 'mac' | 'onConflict'> {
  return {
    target: { iqn, portal, lun },
    initiator,
    ...(mac === undefined ? {} : { mac }),
    ...(onConflict === undefined ? {} : { onConflict }),
  };
}

function viewOrigin({ node, disk }: NodeRecord, image: string): z.infer<typeof origin> {
  return {
    node,
    image,
    ...(disk.snapshot === undefined ? {} : { snapshot: fullName(disk.snapshot) }),
    diskId: disk.id,
    sizeBytes: disk.sizeBytes,
    ...(disk.ephemeral === true && { ephemeral: true }),
  };
}
