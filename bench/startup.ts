import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

import { TestNameServer } from '@patchbay/nameserver/testing';
import { silentLog } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { eventually, Scratch } from '@patchbay/objects/testing';
import { RpcServer } from '@patchbay/rpcserver';

import type { Section } from './section.js';
import { median } from './statistics.js';

const rounds = 40;
const warmUps = 3;

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const rpcclient = inRepository('packages/rpcclient/dist/bin/rpcclient.cjs');
const pyroScript = inRepository('bench/startup.py');
/** Debian's own, which has python3-pyro4. */
const python = '/usr/bin/python3';

interface Contestant {
  readonly name: string;
  readonly program: string;
  readonly words: readonly string[];
}

const echo = defineObject({
  summary: 'Echo',
  methods: {
    echo: method({
      summary: 'Give a text back',
      args: [arg('text', z.string(), 'any text')],
      returns: z.string(),
      run: (text) => text,
    }),
  },
});

/** Measures a call from a cold start, lookup and all, beside a node that does nothing, and Pyro4 where it is installed. */
export async function benchStartup(): Promise<Section[]> {
  await using scratch = await Scratch.make();
  await using names = await TestNameServer.start();
  await using server = await RpcServer.start({
    nameServer: names.address,
    insecure: true,
    stateDir: scratch.file('server'),
    log: silentLog,
    objects: { echo: () => echo },
  });
  await eventually(() => server.registered);
  const contestants: Contestant[] = [
    { name: 'node -e 0', program: process.execPath, words: ['-e', '0'] },
    {
      name: 'rpcclient',
      program: process.execPath,
      words: [rpcclient, '--insecure', '--name-server', names.address, 'echo.echo', 'hello'],
    },
  ];
  const pyro = spawnSync(python, ['-c', 'import Pyro4']).status === 0 ? startPyro() : undefined;
  try {
    if (pyro === undefined) {
      process.stdout.write('Pyro4 is left out: apt-get install python3-pyro4 brings it\n');
    } else {
      const [address] = (await once(pyro.stdout, 'data')) as [Buffer];
      contestants.push({
        name: 'Pyro4',
        program: python,
        words: [pyroScript, 'call', address.toString().trim()],
      });
    }
    return [sectionOf(await race(contestants))];
  } finally {
    pyro?.kill();
  }
}

function startPyro(): ChildProcessByStdio<null, Readable, null> {
  return spawn(python, [pyroScript, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Returns the median time of each. They take turns, so that other load on the machine affects all alike. */
async function race(contestants: readonly Contestant[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < warmUps + rounds; round += 1) {
    for (const contestant of contestants) {
      const ms = await timed(contestant);
      if (round >= warmUps) {
        times.get(contestant.name)?.push(ms);
      }
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

/** Returns how long a program runs, in milliseconds. */
async function timed({ name, program, words }: Contestant): Promise<number> {
  // Where it is set, node 20 reads all certificates at every start.
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: undefined };
  const startedMs = performance.now();
  const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.resume();
  const [status] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - startedMs;
  if (status !== 0) {
    throw new Error(`${name} ended with status ${String(status)}`);
  }
  return ms;
}

function sectionOf(ms: ReadonlyMap<string, number>): Section {
  const ratio = (to: string): number => (ms.get('rpcclient') ?? NaN) / (ms.get(to) ?? NaN);
  return {
    title: 'A lookup and a call from a cold start',
    unit: 'ms, median',
    columns: ['start to end'],
    rows: [...ms].map(([name, value]) => ({ name, values: [value] })),
    bars: [
      { figure: 'rpcclient / node -e 0', value: ratio('node -e 0'), is: 'at most', limit: 2 },
      { figure: 'rpcclient / Pyro4', value: ratio('Pyro4'), is: 'at most', limit: 1 },
    ],
    plotted: true,
  };
}
