import type { Catalog, CatalogReader, Keyed } from '../catalog/catalog.js';
import {
  type DiskRecord,
  facts,
  images,
  initiators,
  macs,
  type NodeRecord,
  nodes,
  schedules,
  snapshots,
  type Table,
  targetOf,
  type TargetRecord,
  tidKey,
  tids,
  trash,
} from '../catalog/tables.js';
import { readImageNames } from '../provision/image-names.js';
import { isAtRest } from '../provision/node-states.js';
import { imageResource, nodeResource } from '../provision/resources.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { volumeStates } from '../provision/volume-states.js';
import type { Finding } from './finding.js';

/** Finds unreadable records; while there are any, nothing else can be checked. */
export async function findUnreadable(catalog: Pick<Catalog, 'invalid'>): Promise<Finding[]> {
  const tables = [images, nodes, snapshots, trash, schedules, initiators, tids, macs, facts] as const;
  const keys = (await Promise.all(tables.map((table: Table<unknown>) => catalog.invalid(table)))).flat();
  return keys.map((key) => ({
    severity: 'error',
    resource: key,
    problem: "the catalog's record cannot be read",
    advice: 'restore the catalog from a backup with patchbay-storage restore',
  }));
}

/** Finds records that are inconsistent with each other. */
export async function checkRecords(catalog: CatalogReader): Promise<Finding[]> {
  const nodeRecords = await catalog.list(nodes);
  return [
    ...(await findUnfinished(catalog, nodeRecords)),
    ...(await checkOrigins(catalog, nodeRecords)),
    ...checkIndex('target id', await catalog.list(tids), nodeRecords, ({ tid }) => tidKey(tid)),
    ...checkIndex('initiator', await catalog.list(initiators), nodeRecords, ({ initiator }) => initiator),
    ...checkIndex('MAC address', await catalog.list(macs), nodeRecords, ({ mac }) => mac),
  ];
}

async function findUnfinished(
  catalog: CatalogReader,
  nodeRecords: readonly Keyed<NodeRecord>[],
): Promise<Finding[]> {
  const isUnfinished = (state: keyof typeof volumeStates): boolean => volumeStates[state] !== 'at rest';
  const states = [
    ...(await catalog.list(images))
      .filter(({ value }) => isUnfinished(value.state))
      .map(({ key, value }) => [imageResource(key), value.state] as const),
    ...(await catalog.list(snapshots))
      .filter(({ value }) => isUnfinished(value.state))
      .map(({ value }) => [`snapshot:${fullName(value)}`, value.state] as const),
    ...nodeRecords
      .filter(({ value }) => !isAtRest(value))
      .map(({ key, value }) => [nodeResource(key), value.state] as const),
  ];
  return states.map(([resource, state]) => ({
    severity: 'note',
    resource,
    problem: `is ${state}`,
    advice: 'an operation is in progress, or was interrupted and the reconciler completes or undoes it',
  }));
}

async function checkOrigins(
  catalog: CatalogReader,
  nodeRecords: readonly Keyed<NodeRecord>[],
): Promise<Finding[]> {
  const known = new Set((await catalog.list(images)).map(({ value }) => value.id));
  const nameOfImage = await readImageNames(catalog);
  return nodeRecords
    .filter(({ value }) => !known.has(value.disk.imageId))
    .map(({ key, value }) => ({
      severity: 'note',
      resource: nodeResource(key),
      problem: originLost(nameOfImage(value.disk), value.disk),
      advice: 'the disk does not need it',
    }));
}

function originLost(image: string, { imageId }: DiskRecord): string {
  return image === imageId ? 'the image that it came from is not known' : `its image "${image}" was deleted`;
}

/** Compares a uniqueness index with the nodes that own its keys. */
function checkIndex(
  what: string,
  index: readonly Keyed<string>[],
  nodeRecords: readonly Keyed<NodeRecord>[],
  keyOf: (target: TargetRecord) => string | undefined,
): Finding[] {
  const owners = new Map<string, string[]>();
  for (const { key: node, value } of nodeRecords) {
    const target = targetOf(value);
    const key = target && keyOf(target);
    if (key !== undefined) {
      owners.set(key, [...(owners.get(key) ?? []), node]);
    }
  }
  const indexed = new Map(index.map(({ key, value }) => [key, value]));
  const advice = 'restore the catalog from a backup, or detach the node and provision it again';
  const wrong = [...owners].flatMap(([key, nodesOfKey]): Finding[] => {
    const resource = nodesOfKey.map(nodeResource).join(', ');
    if (nodesOfKey.length > 1) {
      return [{ severity: 'error', resource, problem: `have the same ${what} ${key}`, advice }];
    }
    return indexed.get(key) === nodesOfKey[0]
      ? []
      : [{ severity: 'error', resource, problem: `its ${what} ${key} is not reserved for it`, advice }];
  });
  const surplus = index
    .filter(({ key }) => !owners.has(key))
    .map(({ key, value }): Finding => ({
      severity: 'error',
      resource: nodeResource(value),
      problem: `the ${what} ${key} is reserved for it, but it has another or none`,
      advice: 'restore the catalog from a backup; until then no other node can have it',
    }));
  return [...wrong, ...surplus];
}
