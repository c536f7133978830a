import type { Log } from '@patchbay/objects';

import { listAlerts } from '../alerts/alerts.js';
import { alertRecord, images, nodes, snapshots } from '../catalog/tables.js';
import type { CatalogReader, Keyed } from '../catalog/catalog.js';
import type { PoolCapacity } from '../disks/volume-pool.js';
import type { Naming } from '../provision/naming.js';
import type { TargetHost } from '../targets/target-host.js';

/** The capacity of a pool's filesystem, in bytes. */
export type Capacity = Pick<PoolCapacity, 'sizeBytes' | 'freeBytes'>;

/** The current numbers of records by state, sessions and bytes; undefined where a number is not available. */
export interface Statistics {
  readonly nodes: ReadonlyMap<string, number>;
  readonly images: ReadonlyMap<string, number>;
  readonly snapshots: ReadonlyMap<string, number>;
  readonly sessions: number | undefined;
  /** The raised alerts by their kind. */
  readonly alerts: ReadonlyMap<string, number>;
  readonly capacity: Capacity | undefined;
}

/** What is counted. */
export interface StatisticsServices {
  readonly catalog: CatalogReader;
  readonly targets: Pick<TargetHost, 'daemons' | 'list'>;
  readonly naming: Naming;
  readonly log: Log;
}

/** Counts the catalog's records by their states, the sessions of our targets, and the pool's bytes. */
export async function collectStatistics(
  { catalog, targets, naming, log }: StatisticsServices,
  capacity: () => Promise<Capacity>,
): Promise<Statistics> {
  const [nodeRecords, imageRecords, snapshotRecords, states, bytes] = await Promise.all([
    catalog.list(nodes),
    catalog.list(images),
    catalog.list(snapshots),
    orUnknown(Promise.all(targets.daemons.map(({ daemon }) => targets.list(daemon))), log),
    orUnknown(capacity(), log),
  ]);
  const ours = states?.flat().filter(({ iqn }) => naming.isOurs(iqn));
  return {
    nodes: countByState(nodeRecords),
    images: countByState(imageRecords),
    snapshots: countByState(snapshotRecords),
    alerts: await countAlerts(catalog),
    sessions: ours?.flatMap(({ connections }) => [...new Set(connections.map(({ sid }) => sid))]).length,
    capacity: bytes,
  };
}

/** Counts the alerts of each kind, also of those of which none is raised. */
async function countAlerts(catalog: CatalogReader): Promise<Map<string, number>> {
  const counts = new Map<string, number>(alertRecord.shape.kind.options.map((kind) => [kind, 0]));
  for (const { kind } of await listAlerts(catalog)) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Returns undefined on failure, as the other numbers still matter while tgtd restarts or the pool is unavailable. */
async function orUnknown<T>(counting: Promise<T>, log: Log): Promise<T | undefined> {
  try {
    return await counting;
  } catch (error) {
    log.debug('a number for the metrics is not available', { error });
    return undefined;
  }
}

function countByState(records: readonly Keyed<{ readonly state: string }>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of records) {
    counts.set(value.state, (counts.get(value.state) ?? 0) + 1);
  }
  return counts;
}
