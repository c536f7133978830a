import { type Log } from '@patchbay/core';

import { images, nodes, snapshots } from '../catalog/tables.js';
import { type CatalogReader } from '../catalog/catalog.js';
import { type Naming } from '../provision/naming.js';
import { type TargetHost } from '../targets/target-host.js';

/** A pool's filesystem, in bytes. */
export interface Capacity {
  readonly sizeBytes: number;
  /** What may still be written. */
  readonly freeBytes: number;
}

/** How many there are of what, at one moment. What could not be counted is undefined. */
export interface Survey {
  readonly nodes: ReadonlyMap<string, number>;
  readonly images: ReadonlyMap<string, number>;
  readonly snapshots: ReadonlyMap<string, number>;
  readonly sessions: number | undefined;
  readonly capacity: Capacity | undefined;
}

/** What is counted. */
export interface SurveyServices {
  readonly catalog: CatalogReader;
  readonly targets: Pick<TargetHost, 'daemons' | 'list'>;
  readonly naming: Naming;
  readonly log: Log;
}

/** Counts the catalog's records by their states, the sessions of our targets, and the pool's bytes. */
export async function survey(
  { catalog, targets, naming, log }: SurveyServices,
  capacity: () => Promise<Capacity>,
): Promise<Survey> {
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
    sessions: ours?.reduce(
      (sum, { connections }) => sum + new Set(connections.map(({ sid }) => sid)).size,
      0,
    ),
    capacity: bytes,
  };
}

/** While tgtd is restarted, or the pool is away, the other numbers are wanted all the more. */
async function orUnknown<T>(counting: Promise<T>, log: Log): Promise<T | undefined> {
  try {
    return await counting;
  } catch (error) {
    log.debug('a number for the metrics is not known now', { error });
    return undefined;
  }
}

function countByState(
  records: readonly { readonly value: { readonly state: string } }[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { value } of records) {
    counts.set(value.state, (counts.get(value.state) ?? 0) + 1);
  }
  return counts;
}
