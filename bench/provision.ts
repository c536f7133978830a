import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
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

import { provisionByScript } from './script-disk.js';
import type { Section } from './section.js';
import { median } from './statistics.js';

const run = promisify(execFile);
const mib = 1024 ** 2;
const images = { small: 100 * mib, large: 10 * 1024 * mib } as const;
type ImageName = keyof typeof images;
const rounds = 30;

/** Measures provision of a small and a large image, over the wire, against a shell script. Needs root. */
export async function benchProvisions(): Promise<Section[]> {
  if (process.getuid?.() !== 0) {
    process.stdout.write('Provisions: left out, as they need root\n');
    return [];
  }
  await using mount = await mountXfs({ sizeBytes: 16 * 1024 * mib });
  const scratch = await mkdtemp(join(tmpdir(), 'patchbay-bench-'));
  try {
    return [await measure(mount.path, scratch)];
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measure(pool: string, scratch: string): Promise<Section> {
  const options = {
    pool,
    portal: `127.0.0.1:${String(await freePort())}`,
    onStop: 'stop',
    sourceDirectories: [scratch],
  };
  await using server = await RpcServer.start({
    nameServer: '127.0.0.1:1', // nobody: this calls the server directly
    insecure: true,
    stateDir: scratch,
    log: new RecordingLog(),
    objects: { storage: (context) => createStorage(options, context) },
  });
  await using client = connectTo(server.address, { clock: systemClock, timeoutMs: 600_000 });
  const storage = client.proxy<Storage>('storage');
  const files = await importImages(storage, pool, scratch);
  const ms: Record<'small' | 'large' | 'script', number[]> = { small: [], large: [], script: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['small', 'large'] as const) : (['large', 'small'] as const);
    for (const name of order) {
      ms[name].push(await timed(() => storage.provision(`${name}-${String(round)}`, name)));
    }
    const disk = {
      image: files.large,
      file: join(pool, `script-${String(round)}.raw`),
      sizeBytes: images.large,
      tid: 1000 + round,
      controlSocket: join(scratch, 'objects', 'storage', 'tgt', 'control'),
    };
    ms.script.push(await timed(() => provisionByScript(disk)));
  }
  return sectionOf(median(ms.small), median(ms.large), median(ms.script));
}

/** Imports an image of each size, with sparse data throughout, and returns their files. */
async function importImages(
  storage: RemoteObject<Storage>,
  pool: string,
  scratch: string,
): Promise<Record<ImageName, string>> {
  const files: Partial<Record<ImageName, string>> = {};
  for (const [name, sizeBytes] of Object.entries(images) as [ImageName, number][]) {
    const source = join(scratch, `${name}.raw`);
    await run('qemu-img', ['create', '-q', '-f', 'raw', source, String(sizeBytes)]);
    await run('qemu-io', [
      '-f',
      'raw',
      '-c',
      'write -q -P 0x5a 0 64M',
      '-c',
      `write -q -P 0xa5 ${String(sizeBytes - mib)} 1M`,
      source,
    ]);
    const before = new Set(await readdir(join(pool, 'images')));
    await storage.import_image(name, `server:${source}`, { raw: true });
    await rm(source);
    const made = (await readdir(join(pool, 'images'))).find((each) => !before.has(each)) ?? '';
    files[name] = join(pool, 'images', made);
  }
  return files as Record<ImageName, string>;
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function sectionOf(small: number, large: number, script: number): Section {
  return {
    title: 'Provision over the wire, XFS with reflink',
    unit: 'ms, median',
    columns: ['100 MiB image', '10 GiB image'],
    rows: [
      { name: 'Patchbay', values: [small, large] },
      { name: 'shell script, same clone and tgtadm commands', values: [null, script] },
    ],
    bars: [
      { figure: '10 GiB / 100 MiB', value: large / small, is: 'at most', limit: 1.2 },
      { figure: 'Patchbay / shell script, 10 GiB', value: large / script, is: 'at most', limit: 2 },
    ],
    plotted: false,
  };
}
