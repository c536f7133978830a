import type { Catalog, CatalogReader, Keyed } from '../catalog/catalog.js';
import {
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

const tables: readonly Table<unknown>[] = [
  images,
  nodes,
  snapshots,
  trash,
  schedules,
  initiators,
  tids,
  macs,
  facts,
];

/** Finds unreadable records; while there are any, nothing else can be checked. */
export async function findUnreadable(catalog: Pick<Catalog, 'invalid'>): Promise<Finding[]> {
  const keys = (await Promise.all(tables.map((table) => catalog.invalid(table)))).flat();
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
    ...checkIndex(
      'target id',
      await catalog.list(tids),
      ownersBy(nodeRecords, ({ tid }) => tidKey(tid)),
    ),
    ...checkIndex(
      'initiator',
      await catalog.list(initiators),
      ownersBy(nodeRecords, ({ initiator }) => initiator),
    ),
    ...checkIndex(
      'MAC address',
      await catalog.list(macs),
      ownersBy(nodeRecords, ({ mac }) => mac),
    ),
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
      problem: `its image "${nameOfImage(value.disk)}" was deleted`,
      advice: 'the disk does not need it',
    }));
}

function ownersBy(
  records: readonly Keyed<NodeRecord>[],
  keyOf: (target: NonNullable<ReturnType<typeof targetOf>>) => string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const owners = new Map<string, string[]>();
  for (const { key: node, value } of records) {
    const target = targetOf(value);
    const key = target === undefined ? undefined : keyOf(target);
    if (key !== undefined) {
      owners.set(key, [...(owners.get(key) ?? []), node]);
    }
  }
  return owners;
}

/** Compares a uniqueness index with the nodes that own its keys. */
function checkIndex(
  what: string,
  index: readonly Keyed<string>[],
  owners: ReadonlyMap<string, readonly string[]>,
): Finding[] {
  const indexed = new Map(index.map(({ key, value }) => [key, value]));
  const advice = 'restore the catalog from a backup, or detach the node and provision it again';
  const wrong = [...owners].flatMap(([key, nodesOfKey]): Finding[] => {
    if (nodesOfKey.length > 1) {
      return [
        {
          severity: 'error',
          resource: nodesOfKey.map(nodeResource).join(', '),
          problem: `have the same ${what} ${key}`,
          advice,
        },
      ];
    }
    return indexed.get(key) === nodesOfKey[0]
      ? []
      : [
          {
            severity: 'error',
            resource: nodeResource(nodesOfKey.join()),
            problem: `its ${what} ${key} is not reserved for it`,
            advice,
          },
        ];
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
