import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { median } from '../statistics.js';
import { Child } from './child.js';
import { Daemon, pinned } from './daemon.js';

const python = process.env.BENCH_PYTHON ?? '/usr/bin/python3';
const script = fileURLToPath(new URL('../../names/pyro4_names.py', import.meta.url));
const peer = fileURLToPath(new URL('../names-peer.js', import.meta.url));

const rounds = 9;
const warmUps = 2;
const roundMs = 250;

/** The median time of a lookup in microseconds; null where Pyro4 is not installed. */
export interface Lookups {
  readonly ours: number;
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
 * Measures lookups of one caller among the names in a state directory, in turns with Pyro4 with as many names in
 * memory; with a processor, everybody on that one.
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
  if (!options.pyro4) {
    return { ours: median(await race([ours]).then(([times = []]) => times)), pyro4: null };
  }
  await using server = start(python, script, 'serve', count);
  await using pyro4 = start(python, script, 'call', await server.line(), count);
  const [oursUs = [], pyro4Us = []] = await race([ours, pyro4]);
  return { ours: median(oursUs), pyro4: median(pyro4Us) };
}

/** Lets each have its rounds in turns, so that whatever else the machine does hits all alike. */
async function race(children: readonly Child[]): Promise<readonly (readonly number[])[]> {
  const times = children.map((): number[] => []);
  for (let round = 0; round < warmUps + rounds; round += 1) {
    for (const [index, child] of children.entries()) {
      const us = Number(await child.ask(String(roundMs)));
      if (round >= warmUps) {
        times[index]?.push(us);
      }
    }
  }
  return times;
}
