import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { type Readable, type Writable } from 'node:stream';

import { median } from './statistics.js';

/** How many calls a round has, how many rounds count, and how many only warm up. */
const calls = 4_000;
const rounds = 12;
const warmUps = 3;

const names = ['socket', 'patchbay', 'unary'] as const;
type Peer = ChildProcessByStdio<Writable, Readable, null>;

const peers: Peer[] = [];

/** Measures one call beside a bare socket and a unary call, and prints the ratios. */
export async function benchCalls(): Promise<void> {
  try {
    const callers = new Map<string, Peer>();
    for (const name of names) {
      const server = start('serve', name);
      callers.set(name, start('call', name, (await line(server)).trim()));
    }
    const medians = new Map<string, number[]>(names.map((name) => [name, []]));
    // Rounds take turns, so that whatever else the machine does hits all alike.
    for (let round = 0; round < warmUps + rounds; round++) {
      for (const name of names) {
        const caller = callers.get(name);
        caller?.stdin.write(`${String(calls)}\n`);
        const us = Number(await line(caller));
        if (round >= warmUps) {
          medians.get(name)?.push(us);
        }
      }
    }
    report(new Map([...medians].map(([name, values]) => [name, median(values)])));
  } finally {
    for (const peer of peers) {
      peer.kill();
    }
  }
}

/** Starts a child on the first processor, where wake-ups between processors do not hide the software. */
function start(...args: string[]): Peer {
  const peer = spawn(
    'taskset',
    ['-c', '0', process.execPath, new URL('peer.js', import.meta.url).pathname, ...args],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
    },
  );
  peers.push(peer);
  return peer;
}

async function line(peer: Peer | undefined): Promise<string> {
  if (peer === undefined) {
    throw new Error('no such peer');
  }
  const [data] = (await once(peer.stdout, 'data')) as [Buffer];
  return data.toString();
}

function report(us: ReadonlyMap<string, number>): void {
  const of = (name: (typeof names)[number]): number => us.get(name) ?? NaN;
  const lines = [
    'One call, one caller, short string, client and server on one core; medians',
    ...names.map((name) => `  ${name.padEnd(10)} ${of(name).toFixed(1).padStart(7)} us`),
    `patchbay / bare socket   ${(of('patchbay') / of('socket')).toFixed(2)}   (bar: at most 1.70)`,
    `patchbay / grpc-js unary ${(of('patchbay') / of('unary')).toFixed(3)}  (bar: at most 0.200)`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
