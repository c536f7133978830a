import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { inNode } from '../contestants.js';
import { payloads } from '../payloads.js';
import { median } from '../statistics.js';
import { Child } from './child.js';
import { Daemon, pinned } from './daemon.js';

const python = process.env.BENCH_PYTHON ?? '/usr/bin/python3';
const script = fileURLToPath(new URL('../../names/pyro4_names.py', import.meta.url));
const peer = fileURLToPath(new URL('../names-peer.js', import.meta.url));

const rounds = 9;
const warmUps = 2;
const roundMs = 250;

/** What each child is asked for at first, and in a round: code is optimized after many calls. */
const warmUp = { forMs: roundMs, calls: 20_000 };
const lookup = {};
const call = { payload: payloads['short string'], inFlight: 1 };

/** Median times in microseconds: of lookups, null where Pyro4 is not installed, and of a call on an open session. */
export interface Lookups {
  readonly ours: number;
  readonly call: number;
  readonly pyro4: number | null;
}

/** Reports whether Pyro4 is installed for comparison, and prints how to install it if not. */
export function hasPyro4(): boolean {
  const there = spawnSync(python, ['-c', 'import Pyro4'], { stdio: 'ignore' }).status === 0;
  if (!there) {
    process.stdout.write(
      `Pyro4's name server is not measured: ${python} has it not (apt-get install python3-pyro4)\n`,
    );
  }
  return there;
}

/**
 * Measures lookups of one caller among the names in a state directory, in turns with calls of an object that returns a
 * text and with Pyro4 with as many names in memory; with a processor, everybody on that one.
 */
export async function benchLookups(options: {
  readonly stateDir: string;
  readonly count: number;
  readonly processor: number | undefined;
  readonly pyro4: boolean;
}): Promise<Lookups> {
  const { stateDir, processor } = options;
  const count = String(options.count);
  const start = (...words: string[]): Child => new Child(pinned(words, processor));
  await using daemon = await Daemon.start(stateDir, processor);
  await using ours = start(process.execPath, peer, daemon.address, count);
  const { command } = inNode('patchbay', 'calls');
  await using object = start(...command, 'serve');
  await using caller = start(...command, 'call', await object.line());
  const two = [
    { child: ours, asked: lookup },
    { child: caller, asked: call },
  ];
  if (!options.pyro4) {
    const [oursUs = NaN, callUs = NaN] = await race(two);
    return { ours: oursUs, call: callUs, pyro4: null };
  }
  await using server = start(python, script, 'serve', count);
  await using pyro4 = start(python, script, 'call', await server.line(), count);
  const [oursUs = NaN, callUs = NaN, pyro4Us = NaN] = await race([...two, { child: pyro4, asked: lookup }]);
  return { ours: oursUs, call: callUs, pyro4: pyro4Us };
}

/** Lets each have its rounds in turns, so that whatever else the machine does hits all alike; returns the medians. */
async function race(
  racers: readonly { readonly child: Child; readonly asked: object }[],
): Promise<readonly number[]> {
  for (const { child, asked } of racers) {
    await child.ask(JSON.stringify({ ...asked, ...warmUp }));
  }
  const times = racers.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [index, { child, asked }] of racers.entries()) {
      const answer = await child.ask(JSON.stringify({ ...asked, forMs: roundMs }));
      if (round >= 0) {
        times[index]?.push(Number.parseFloat(answer)); // its first number
      }
    }
  }
  return times.map(median);
}
