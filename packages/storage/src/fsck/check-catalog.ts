import { type Catalog, type CatalogReader, type Keyed } from '../catalog/catalog.js';
import {
  facts,
  images,
  initiators,
  macs,
  nodes,
  type NodeRecord,
  schedules,
  snapshots,
  type Table,
  targetOf,
  tidKey,
  tids,
  trash,
} from '../catalog/tables.js';
import { readImageNames } from '../provision/image-names.js';
import { imageResource, nodeResource } from '../provision/resources.js';
import { fullName } from '../provision/snapshot-lookup.js';
import { type Finding } from './finding.js';

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

/** Finds the records that cannot be read; as long as there are some, nothing else can be judged. */
export async function findUnreadable(catalog: Pick<Catalog, 'invalid'>): Promise<Finding[]> {
  const keys = (await Promise.all(tables.map((table) => catalog.invalid(table)))).flat();
  return keys.map((key) => ({
    severity: 'error',
    thing: key,
    problem: "the catalog's record cannot be read",
    advice: 'restore the catalog from a backup with patchbay-storage restore',
  }));
}

/** Finds records that do not fit one another. */
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
  const states = [
    ...(await catalog.list(images)).map(({ key, value }) => [imageResource(key), value.state] as const),
    ...(await catalog.list(snapshots)).map(
      ({ value }) => [`snapshot:${fullName(value)}`, value.state] as const,
    ),
    ...nodeRecords.map(({ key, value }) => [nodeResource(key), value.state] as const),
  ];
  return states
    .filter(([, state]) => state !== 'ready' && state !== 'detached')
    .map(([thing, state]) => ({
      severity: 'note',
      thing,
      problem: `is ${state}`,
      advice: 'an operation is under way, or was cut short and the reconciler finishes or undoes it',
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
      thing: nodeResource(key),
      problem: `its image "${nameOfImage(value.disk)}" is gone`,
      advice: 'the disk is whole without it',
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

/** Compares the table that makes something unique with the nodes that have it. */
function checkIndex(
  what: string,
  index: readonly Keyed<string>[],
  owners: ReadonlyMap<string, readonly string[]>,
): Finding[] {
  const held = new Map(index.map(({ key, value }) => [key, value]));
  const advice = 'restore the catalog from a backup, or detach the node and provision it again';
  const wrong = [...owners].flatMap(([key, its]): Finding[] => {
    if (its.length > 1) {
      return [
        {
          severity: 'error',
          thing: its.map(nodeResource).join(', '),
          problem: `have the same ${what} ${key}`,
          advice,
        },
      ];
    }
    return held.get(key) === its[0]
      ? []
      : [
          {
            severity: 'error',
            thing: nodeResource(its.join()),
            problem: `its ${what} ${key} is not kept for it`,
            advice,
          },
        ];
  });
  const surplus = index
    .filter(({ key }) => !owners.has(key))
    .map(({ key, value }): Finding => ({
      severity: 'error',
      thing: nodeResource(value),
      problem: `the ${what} ${key} is kept for it, and it has another or none`,
      advice: 'restore the catalog from a backup; until then nobody else can have it',
    }));
  return [...wrong, ...surplus];
}
