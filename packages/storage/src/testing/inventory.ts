import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Catalog, Keyed } from '../catalog/catalog.js';
import {
  alerts,
  bootTokens,
  facts,
  images,
  initiators,
  macs,
  nodes,
  orphans,
  renames,
  schedules,
  snapshots,
  type Table,
  targetOf,
  tidKey,
  tids,
  trash,
} from '../catalog/tables.js';
import type { VolumeKind, VolumePool } from '../disks/volume-pool.js';
import { usageOfImages, usageOfNodes } from '../pool/usage.js';
import { specOf } from '../provision/exports.js';
import { isExportWanted } from '../provision/node-states.js';
import { daemonsInUse } from '../provision/target-allocator.js';
import { markerOf } from '../targets/secret-marker.js';
import { matchesSpec } from '../targets/tgt/export.js';
import { markerIn } from '../targets/tgt/marker.js';
import type { RunningTgtd } from './running-tgtds.js';

/** Everything that there is after an operation, and what of it does not fit together. */
export interface Inventory {
  /** All records with the contents of their files, and what is promised of the pool and the quotas. */
  readonly text: string;
  /** The records by the prefix of their table. */
  readonly records: Readonly<Record<string, readonly Keyed<unknown>[]>>;
  /** What has no record, what a record has not, and what is not at rest. */
  readonly leaks: readonly string[];
  /** How many tgtds run. */
  readonly tgtds: number;
}

const tables: readonly Table<unknown>[] = [
  images,
  nodes,
  snapshots,
  trash,
  orphans,
  schedules,
  renames,
  tids,
  initiators,
  macs,
  bootTokens,
  alerts,
  facts,
];

/** What stock is taken by. */
export interface StockParts {
  readonly catalog: Catalog;
  readonly pool: Pick<VolumePool, 'path' | 'stat'>;
}

/** What stock is taken of, past the storage object. */
export interface StockedWorld {
  readonly places: { readonly pool: string };
  /** The directory of the catalog's backups. */
  readonly backups: string;
  /** Returns the target daemons that run. */
  tgtds(): Promise<readonly RunningTgtd[]>;
}

/** Takes stock of a world: the catalog, the pool's files, and tgtd's targets and accounts. */
export async function takeStock(world: StockedWorld, parts: StockParts): Promise<Inventory> {
  const { catalog } = parts;
  const records: Record<string, readonly Keyed<unknown>[]> = {};
  for (const table of tables) {
    records[table.prefix] = await catalog.list(table);
  }
  const leaks: string[] = [];
  const files = await contents(world, parts, leaks);
  const tgtds = await compareTargets(world, parts, leaks);
  leaks.push(...(await claimsWithoutNode(catalog)));
  const usage = { nodes: await usageOfNodes(catalog), images: await usageOfImages(catalog) };
  const backups = (await readdir(world.backups)).sort();
  return { text: JSON.stringify({ records, files, usage, backups }), records, leaks, tgtds };
}

/**
 * Makes two inventories that differ in what is chosen at random, in times, and in who of several came first to a target
 * id, the same.
 */
export function anonymous({ text }: Pick<Inventory, 'text'>): string {
  const known = new Map<string, string>();
  const { records, ...others } = JSON.parse(text) as { records: Record<string, readonly Keyed<unknown>[]> };
  const takers = records[tids.prefix]?.map(({ value }) => value).sort();
  return JSON.stringify({ records: { ...records, [tids.prefix]: takers }, ...others })
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
      known.set(id, known.get(id) ?? `id ${String(known.size)}`);
      return known.get(id) ?? '';
    })
    .replace(/"secret":"\w+"/g, '"secret":"any"')
    .replace(/"value":"[0-9a-f]{32}"/g, '"value":"any token"')
    .replace(/"(tid|\w+Ms)":\d+/g, '"$1":0');
}

/** Returns the digests of the files of all records. */
async function contents(
  world: StockedWorld,
  { catalog, pool }: StockParts,
  leaks: string[],
): Promise<string[]> {
  const left = new Set<string>();
  for (const directory of ['images', 'disks', 'snapshots', 'orphans', 'tmp']) {
    const names = await readdir(join(world.places.pool, directory));
    names.forEach((name) => left.add(join(world.places.pool, directory, name)));
  }
  const digests: string[] = [];
  const take = async (what: string, kind: VolumeKind, id: string, sizeBytes?: number): Promise<void> => {
    const path = pool.path({ kind, id });
    if (!left.delete(path)) {
      leaks.push(`${what} has no file`);
      return;
    }
    const bytes = await readFile(path);
    if (bytes.length !== sizeBytes) {
      leaks.push(`${what} has ${String(bytes.length)} bytes, not ${String(sizeBytes)}`);
    }
    digests.push(`${what}: ${createHash('sha256').update(bytes).digest('hex')}`);
  };
  for (const { key, value } of await catalog.list(images)) {
    const { id, state } = value;
    await take(`image ${key}`, 'image', id, state === 'ready' ? value.content.sizeBytes : undefined);
    leaks.push(...(state === 'ready' ? [] : [`image ${key} is ${state}`]));
  }
  for (const { key, value } of await catalog.list(snapshots)) {
    await take(`snapshot ${key}`, 'snapshot', value.id, value.sizeBytes);
    leaks.push(...(value.state === 'ready' ? [] : [`snapshot ${key} is ${value.state}`]));
  }
  for (const { key, value } of await catalog.list(nodes)) {
    await take(`disk of ${key}`, 'disk', value.disk.id, value.disk.sizeBytes);
    leaks.push(...(['ready', 'detached'].includes(value.state) ? [] : [`node ${key} is ${value.state}`]));
  }
  for (const { value } of await catalog.list(trash)) {
    await take(`trash of ${value.node}`, 'disk', value.disk.id, value.disk.sizeBytes);
    leaks.push(...(value.state === 'trashed' ? [] : [`trash of ${value.node} is ${value.state}`]));
  }
  for (const { key } of await catalog.list(orphans)) {
    await take(`orphan ${key}`, 'orphan', key, (await pool.stat({ kind: 'orphan', id: key }))?.sizeBytes);
  }
  leaks.push(...left);
  return digests;
}

/** Compares what the tgtds have with the catalog: targets, LUNs, secrets, initiators, sizes, accounts. Counts them. */
async function compareTargets(
  world: StockedWorld,
  { catalog, pool }: StockParts,
  leaks: string[],
): Promise<number> {
  const running = await world.tgtds();
  // One that nobody needs any more is ended at the next start; nothing may be left in it.
  if (running.length < (await daemonsInUse(catalog))) {
    leaks.push(`only ${String(running.length)} tgtds run`);
  }
  const exported = (await catalog.list(nodes)).map(({ value }) => value).filter(isExportWanted);
  for (const { daemon, tgtadm, socket } of running) {
    const shown = await tgtadm.targets();
    const targets = new Map(shown.map((target) => [target.iqn, target]));
    const accounts = new Set(await tgtadm.accounts());
    const text = await socket.request({ mode: 'target', op: 'show' });
    const sizes = [...text.matchAll(/LUN: 1\n[^]*?Size: (\d+) MB/g)].map(([, mb]) => Number(mb));
    const shownMb = new Map(shown.map(({ iqn }, at) => [iqn, sizes[at]]));
    for (const node of exported.filter(({ target }) => target.daemon === daemon)) {
      const spec = specOf(pool, node);
      const target = targets.get(spec.iqn);
      targets.delete(spec.iqn);
      accounts.delete(spec.chap.user);
      if (target === undefined || !matchesSpec(target, spec) || target.state !== 'ready') {
        leaks.push(`the target of ${node.node} is ${JSON.stringify(target)}`);
      } else if (markerIn(target) !== markerOf(spec)) {
        leaks.push(`the target of ${node.node} has another secret`);
      } else if (shownMb.get(spec.iqn) !== Math.floor(node.disk.sizeBytes / 1e6)) {
        leaks.push(`the target of ${node.node} shows ${String(shownMb.get(spec.iqn))} MB`);
      }
    }
    leaks.push(...targets.keys(), ...accounts);
  }
  return running.length;
}

/** Names the target ids, initiators, MAC addresses and tokens that are taken for no node, or not taken for one. */
async function claimsWithoutNode(catalog: Catalog): Promise<string[]> {
  const found: string[] = [];
  const targets = (await catalog.list(nodes)).flatMap(({ key, value }) => {
    const target = targetOf(value);
    return target === undefined ? [] : [{ key, target }];
  });
  const claims: readonly (readonly [Table<string>, readonly string[]])[] = [
    [tids, targets.map(({ target }) => tidKey(target.tid))],
    [initiators, targets.map(({ target }) => target.initiator)],
    [macs, targets.flatMap(({ target }) => target.mac ?? [])],
  ];
  for (const [table, expected] of claims) {
    const keys = (await catalog.list(table)).map(({ key }) => key);
    found.push(...keys.filter((key) => !expected.includes(key)).map((key) => `${table.prefix}${key}`));
    found.push(...expected.filter((key) => !keys.includes(key)).map((key) => `no ${table.prefix}${key}`));
  }
  found.push(...(await catalog.list(renames)).map(({ key }) => `${renames.prefix}${key}`));
  // A node may have used its token.
  const tokens = (await catalog.list(bootTokens)).map(({ key }) => key);
  found.push(...tokens.filter((node) => !targets.some(({ key }) => key === node)));
  return found;
}
