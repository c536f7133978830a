import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

import { connectTo } from '@patchbay/grpc/client';
import { type ObjectClient } from '@patchbay/session/client';

import { type Section } from './section.js';
import { median } from './statistics.js';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
const rounds = 5;
/** The size of an upload in the race, and of the long one that shows the memory use. */
const sizes = { race: gibibyte, long: 10 * gibibyte };
const piece = Buffer.alloc(64 * 1024, 7);

interface Sink {
  take(data: AsyncIterable<Uint8Array>): Promise<number>;
}

/** Measures a stream of bytes as an argument against the same bytes over a bare socket, and the memory of a long one. */
export async function benchUpload(): Promise<Section[]> {
  const child = fork(fileURLToPath(new URL('upload-peer.js', import.meta.url)));
  try {
    const [{ address, port }] = (await once(child, 'message')) as [{ address: string; port: number }];
    await using client = connectTo(address, { timeoutMs: 'none' });
    const rates = { ours: [] as number[], bare: [] as number[] };
    for (let round = -1; round < rounds; round++) {
      const bare = await rate(() => overSocket(port, sizes.race), sizes.race);
      const ours = await rate(() => asArgument(client, sizes.race), sizes.race);
      if (round >= 0) {
        rates.bare.push(bare);
        rates.ours.push(ours);
      }
    }
    const before = { server: await maxRssOf(child), client: maxRss() };
    await asArgument(client, sizes.long);
    const after = { server: await maxRssOf(child), client: maxRss() };
    return [speed(median(rates.ours), median(rates.bare)), memory(before, after)];
  } finally {
    child.disconnect();
  }
}

function speed(ours: number, bare: number): Section {
  return {
    title: 'A stream of bytes as an argument, client and server on two cores',
    unit: 'MiB/s, median',
    columns: ['1 GiB'],
    rows: [
      { name: 'Patchbay session', values: [ours / mebibyte] },
      { name: 'bare socket', values: [bare / mebibyte] },
    ],
    bars: [{ figure: 'Patchbay session / bare socket', value: ours / bare, is: 'at least', limit: 0.5 }],
    plotted: false,
  };
}

interface Memory {
  readonly server: number;
  readonly client: number;
}

function memory(before: Memory, after: Memory): Section {
  return {
    title: 'The most memory that a process has had',
    unit: 'MiB',
    columns: ['after 1 GiB each', 'after 10 GiB more at once'],
    rows: [
      { name: 'server', values: [before.server / mebibyte, after.server / mebibyte] },
      { name: 'client', values: [before.client / mebibyte, after.client / mebibyte] },
    ],
    bars: [
      { figure: 'server, after / before', value: after.server / before.server, is: 'at most', limit: 1.25 },
      { figure: 'client, after / before', value: after.client / before.client, is: 'at most', limit: 1.25 },
    ],
    plotted: false,
  };
}

async function* pieces(bytes: number): AsyncGenerator<Buffer, void, undefined> {
  for (let sent = 0; sent < bytes; sent += piece.length) {
    yield await Promise.resolve(piece);
  }
}

async function rate(upload: () => Promise<void>, bytes: number): Promise<number> {
  const beganMs = performance.now();
  await upload();
  return (bytes / (performance.now() - beganMs)) * 1000;
}

async function asArgument(client: ObjectClient, bytes: number): Promise<void> {
  const taken = await (client.proxy('sink') as unknown as Sink).take(pieces(bytes));
  requireAll(taken, bytes);
}

async function overSocket(port: number, bytes: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));
  const closed = once(socket, 'close');
  for await (const each of pieces(bytes)) {
    if (!socket.write(each)) {
      await once(socket, 'drain');
    }
  }
  socket.end();
  await closed;
  requireAll(Number(answer), bytes);
}

function requireAll(taken: number, bytes: number): void {
  if (taken !== bytes) {
    throw new Error(`${String(taken)} of ${String(bytes)} bytes arrived`);
  }
}

function maxRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}

async function maxRssOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message') as Promise<[number]>;
  child.send('memory');
  const [bytes] = await answer;
  return bytes;
}
