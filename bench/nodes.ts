import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { connectTo } from '@patchbay/grpc/client';
import { systemClock } from '@patchbay/objects';
import { eventually, freePort, RecordingLog } from '@patchbay/objects/testing';
import { RpcServer } from '@patchbay/rpcserver';
import type { RemoteObject } from '@patchbay/session/client';
import createStorage, { type Storage } from '@patchbay/storage';
import { mountXfs } from '@patchbay/storage/testing';

import { BusyNodes, type NodeDisk } from './busy-nodes.js';
import { exportByScript } from './bare-targets.js';
import type { Section } from './section.js';
import { median } from './statistics.js';

const run = promisify(execFile);
const mib = 1024 ** 2;
const count = 1000;
/** How many nodes write and read while tgtd is killed. */
const connected = 8;
/** How often a provision is measured. */
const rounds = 50;

/** A storage object on a server of its own, called over the wire. */
interface Host {
  readonly storage: RemoteObject<Storage>;
  readonly log: RecordingLog;
}

/** Measures a host of 1,000 nodes: provision, list_nodes, and recovery after kill -9 of tgtd. Needs root. */
export async function benchNodes(): Promise<Section[]> {
  if (process.getuid?.() !== 0) {
    process.stdout.write('Nodes: left out, as they need root\n');
    return [];
  }
  await using mount = await mountXfs({ sizeBytes: 1024 * mib });
  const scratch = await mkdtemp(join(tmpdir(), 'patchbay-bench-'));
  try {
    return await withHost(join(mount.path, 'full'), join(scratch, 'full'), async (full) => {
      // The last of the thousand is the one that is measured.
      for (let node = 1; node < count; node++) {
        await full.storage.provision(`node${String(node)}`, 'image');
      }
      const { first, last } = await withHost(join(mount.path, 'empty'), join(scratch, 'empty'), (empty) =>
        measureProvisions(empty, full),
      );
      await full.storage.provision(`node${String(count)}`, 'image');
      const list = await measured(full, (storage) => storage.list_nodes());
      const killed = await killTgtd(full);
      return sections({ first, last, list, ...killed, bareMs: await bare(mount.path, scratch) });
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function withHost<T>(pool: string, stateDir: string, work: (host: Host) => Promise<T>): Promise<T> {
  const log = new RecordingLog();
  await mkdir(pool);
  await mkdir(stateDir);
  const options = {
    pool,
    portal: `127.0.0.1:${String(await freePort())}`,
    onStop: 'stop',
    sourceDirectories: [stateDir],
  };
  await using server = await RpcServer.start({
    nameServer: '127.0.0.1:1', // nobody: this calls the server directly
    insecure: true,
    stateDir,
    log,
    objects: { storage: (context) => createStorage(options, context) },
  });
  await using client = connectTo(server.address, { clock: systemClock, timeoutMs: 600_000 });
  const storage = client.proxy<Storage>('storage');
  const source = join(stateDir, 'source.raw');
  await run('qemu-img', ['create', '-q', '-f', 'raw', source, String(16 * mib)]);
  await storage.import_image('image', `server:${source}`);
  return await work({ storage, log });
}

/** Measures the first node of one host and the last of another in turns, as the load of the machine varies. */
async function measureProvisions(empty: Host, full: Host): Promise<{ first: number; last: number }> {
  const ms = { first: [] as number[], last: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (const [name, { storage }] of [['first', empty] as const, ['last', full] as const]) {
      ms[name].push(await timed(() => storage.provision('measured', 'image')));
      await storage.detach_node('measured', { now: true });
    }
  }
  return { first: median(ms.first), last: median(ms.last) };
}

async function measured(
  { storage }: Host,
  work: (storage: RemoteObject<Storage>) => PromiseLike<unknown>,
): Promise<number> {
  const ms: number[] = [];
  for (let round = 0; round < rounds; round++) {
    ms.push(await timed(() => work(storage)));
  }
  return median(ms);
}

/**
 * Kills every tgtd while some nodes write and read. Returns the milliseconds until every export is back and served, and
 * the longest that one of those nodes waited. @throws Error when one of them got an I/O error, or does not resume
 */
async function killTgtd({ storage, log }: Host): Promise<{ backMs: number; slowestMs: number }> {
  const disks: NodeDisk[] = [];
  for (let node = 1; node <= count; node += count / connected) {
    disks.push(await diskOf(storage, `node${String(node)}`));
  }
  await using busy = await BusyNodes.start(disks);
  const started = log.lines.filter(({ message }) => message.startsWith('started an iSCSI target daemon'));
  const seen = log.lines.length;
  for (const { fields } of started) {
    process.kill(Number(fields.pid), 'SIGKILL');
  }
  const rebuilt = (): number =>
    log.lines.slice(seen).filter(({ message }) => message.includes('have been rebuilt and are served'))
      .length;
  const backMs = await timed(() => eventually(() => rebuilt() === started.length, 600_000));
  await busy.work();
  const ready = (await storage.list_nodes()).filter(({ state }) => state === 'ready').length;
  if (ready !== count) {
    throw new Error(`only ${String(ready)} of ${String(count)} nodes are served after tgtd was killed`);
  }
  return { backMs, slowestMs: busy.slowestMs };
}

async function diskOf(storage: RemoteObject<Storage>, node: string): Promise<NodeDisk> {
  const { target, initiator } = await storage.show_node(node);
  const { chapUser: user, chapSecret: secret } = await storage.show_credentials(node);
  if (target === undefined || initiator === undefined) {
    throw new Error(`${node} is not served`);
  }
  return { ...target, initiator, user, secret };
}

async function bare(mountPath: string, scratch: string): Promise<number> {
  const disks = join(mountPath, 'bare');
  await mkdir(disks);
  for (let tid = 1; tid <= count; tid++) {
    const path = join(disks, `${String(tid)}.raw`);
    await writeFile(path, '');
    await truncate(path, 16 * mib);
  }
  return exportByScript(disks, count, join(scratch, 'bare'));
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function sections(ms: {
  readonly first: number;
  readonly last: number;
  readonly list: number;
  readonly backMs: number;
  readonly slowestMs: number;
  readonly bareMs: number;
}): Section[] {
  const nodes = `${count.toLocaleString('en')} nodes`;
  return [
    {
      title: `A host of ${nodes}, over the wire`,
      unit: 'ms, median',
      columns: ['the first node', `the last of ${nodes}`],
      rows: [
        { name: 'provision', values: [ms.first, ms.last] },
        { name: 'list_nodes', values: [null, ms.list] },
      ],
      bars: [
        {
          figure: 'provision, the 1,000th node / the first',
          value: ms.last / ms.first,
          is: 'at most',
          limit: 1.3,
        },
        { figure: `ms of list_nodes of ${nodes}`, value: ms.list, is: 'at most', limit: 100 },
      ],
      plotted: false,
    },
    {
      title: `From kill -9 of tgtd until all exports of ${nodes} are back`,
      unit: 'ms',
      columns: [nodes],
      rows: [
        { name: 'Patchbay', values: [ms.backMs] },
        { name: 'bare tgtadm commands', values: [ms.bareMs] },
        { name: `the longest that ${String(connected)} connected nodes waited`, values: [ms.slowestMs] },
      ],
      bars: [
        {
          figure: 'all exports back / bare tgtadm commands',
          value: ms.backMs / ms.bareMs,
          is: 'at most',
          limit: 1.5,
        },
      ],
      plotted: false,
    },
  ];
}
