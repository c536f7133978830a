import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { connectTo } from '@patchbay/grpc/client';
import { systemClock } from '@patchbay/objects';
import { freePort, RecordingLog } from '@patchbay/objects/testing';
import { RpcServer } from '@patchbay/rpcserver';
import type { RemoteObject } from '@patchbay/session/client';
import createStorage, { type Storage } from '@patchbay/storage';
import { mountXfs } from '@patchbay/storage/testing';

import { BareDisks } from './bare-disks.js';
import { type Load, type LoadedDisk, loads, measureLoad } from './disk-load.js';
import type { Section } from './section.js';
import { median } from './statistics.js';

const run = promisify(execFile);
const mib = 1024 ** 2;
const diskBytes = 64 * mib;
const many = 16;
const rounds = 5;

const contestants = ['Patchbay', 'bare tgtd with its defaults', 'the raw file'] as const;
type Contestant = (typeof contestants)[number];

type Disks = Readonly<Record<Contestant, readonly LoadedDisk[]>>;

/** The figures of a load: of one disk, and of many at the same time. */
type Figures = ReadonlyMap<Load, Readonly<Record<Contestant, readonly [one: number, many: number]>>>;

/** Measures reads, writes and flushes of nodes' disks, beside a bare tgtd and the files themselves. Needs root. */
export async function benchDisks(): Promise<Section[]> {
  if (process.getuid?.() !== 0) {
    process.stdout.write('Disks: left out, as they need root\n');
    return [];
  }
  await using mount = await mountXfs({ sizeBytes: 8 * 1024 * mib });
  const scratch = await mkdtemp(join(tmpdir(), 'patchbay-bench-'));
  try {
    return sectionsOf(await measure(mount, scratch));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measure(
  mount: { readonly path: string; readonly image: string },
  scratch: string,
): Promise<Figures> {
  const pool = join(mount.path, 'pool');
  await mkdir(pool);
  const portal = `127.0.0.1:${String(await freePort())}`;
  const options = { pool, portal, onStop: 'stop', sourceDirectories: [scratch] };
  await using server = await RpcServer.start({
    nameServer: '127.0.0.1:1', // nobody: this calls the server directly
    insecure: true,
    stateDir: scratch,
    log: new RecordingLog(),
    objects: { storage: (context) => createStorage(options, context) },
  });
  await using client = connectTo(server.address, { clock: systemClock, timeoutMs: 600_000 });
  const source = join(scratch, 'source.raw');
  await run('qemu-img', ['create', '-q', '-f', 'raw', source, String(diskBytes)]);
  await run('qemu-io', ['-f', 'raw', '-c', `write -q -P 0x5a 0 ${String(diskBytes)}`, source]);

  const ours = await provisionAll(client.proxy<Storage>('storage'), source, pool);
  const bareFiles = await copies(source, join(mount.path, 'bare'));
  await using bare = await BareDisks.export(bareFiles, join(scratch, 'bare'), await freePort());
  const disks: Disks = {
    Patchbay: ours,
    'bare tgtd with its defaults': bareFiles.map((file, at) => ({
      file,
      open: imageOptions(bare.portal, bare.iqnOf(at), ''),
    })),
    'the raw file': (await copies(source, join(mount.path, 'raw'))).map((file) => ({
      file,
      open: ['-f', 'raw', file],
    })),
  };
  return await measureAll(disks, mount.image);
}

/** Measures each load on one disk and on all of each contestant, in turns. */
async function measureAll(disks: Disks, below: string): Promise<Figures> {
  const figures = new Map<Load, Record<Contestant, readonly [number, number]>>();
  for (const load of loads) {
    const one = await inTurns(disks, (each) => measureLoad(load, each.slice(0, 1), below));
    const all = await inTurns(disks, (each) => measureLoad(load, each, below));
    const values = contestants.map((name) => [name, [one[name], all[name]]] as const);
    figures.set(load, Object.fromEntries(values) as Record<Contestant, readonly [number, number]>);
  }
  return figures;
}

/** Returns the median of each contestant. The first round is not counted: clones are unshared in it. */
async function inTurns(
  disks: Disks,
  measure: (disks: readonly LoadedDisk[]) => Promise<number>,
): Promise<Record<Contestant, number>> {
  const found = contestants.map((name) => ({ name, values: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, values } of round % 2 === 0 ? found : found.toReversed()) {
      const value = await measure(disks[name]);
      if (round > 0) {
        values.push(value);
      }
    }
  }
  const medians = found.map(({ name, values }) => [name, median(values)] as const);
  return Object.fromEntries(medians) as Record<Contestant, number>;
}

async function provisionAll(
  storage: RemoteObject<Storage>,
  source: string,
  pool: string,
): Promise<readonly LoadedDisk[]> {
  await storage.import_image('image', `server:${source}`, { raw: true });
  const disks: LoadedDisk[] = [];
  for (let number = 1; number <= many; number++) {
    const node = `node${String(number)}`;
    const { diskId, target, initiator } = await storage.provision(node, 'image');
    const { chapUser, chapSecret } = await storage.show_credentials(node);
    disks.push({
      file: join(pool, 'disks', `patchbay-${diskId}.raw`),
      open: imageOptions(
        target.portal,
        target.iqn,
        // qemu-img bench takes no secret objects; the disks live for the time of a measurement.
        `,initiator-name=${initiator},user=${chapUser},password=${chapSecret}`,
      ),
    });
  }
  return disks;
}

function imageOptions(portal: string, iqn: string, more: string): readonly string[] {
  return ['--image-opts', `driver=iscsi,transport=tcp,portal=${portal},target=${iqn},lun=1${more}`];
}

/** Copies a file without sharing its blocks, as often as there are disks. */
async function copies(source: string, directory: string): Promise<readonly string[]> {
  await mkdir(directory);
  const files = Array.from({ length: many }, (_, at) => join(directory, `${String(at + 1)}.raw`));
  for (const file of files) {
    await run('cp', ['--reflink=never', source, file]);
  }
  return files;
}

function sectionsOf(figures: Figures): Section[] {
  return (['MiB/s', 'requests/s'] as const).map((unit) => {
    const measured = [...figures].filter(([load]) => load.unit === unit);
    const isSequential = unit === 'MiB/s';
    return {
      title: isSequential
        ? 'Sequential I/O on disks, requests of 1 MiB'
        : 'Random I/O on disks, requests of 4 KiB',
      unit: `${unit}, median`,
      columns: measured.flatMap(([{ name }]) => [name, `${name}, ${String(many)} disks`]),
      rows: contestants.map((name) => ({ name, values: measured.flatMap(([, values]) => values[name]) })),
      bars: measured.flatMap(([{ name }, { Patchbay: ours, 'bare tgtd with its defaults': bare }]) =>
        [0, 1].map((at) => ({
          figure: `${name}${at === 0 ? '' : `, ${String(many)} disks`}: Patchbay / bare tgtd`,
          value: (ours[at] ?? NaN) / (bare[at] ?? NaN),
          is: 'at least' as const,
          limit: isSequential && name === 'write' ? (at === 0 ? 1.6 : 1.2) : 0.8,
        })),
      ),
      plotted: false,
    };
  });
}
