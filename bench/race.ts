import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import type { Contestant } from './contestants.js';
import { type PayloadName, payloads } from './payloads.js';
import { median } from './statistics.js';

/** How contestants are compared. */
export interface Race {
  readonly contestants: readonly Contestant[];
  readonly payloads: readonly PayloadName[];
  readonly inFlight: number;
  /** Whether clients and servers share one processor, so that waking another one does not mask the software's own time. */
  readonly pinned: boolean;
  readonly rounds: number;
  readonly roundMs: number;
}

const warmUps = 3;
/** How long each contestant warms up with each payload, and with how many calls, unless they take long. */
const first = { forMs: 300, calls: 20_000 };
type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Figures by title and payload. */
export type Figures = ReadonlyMap<string, ReadonlyMap<PayloadName, number>>;

/** Measures the medians of rounds that take turns, so that other load affects all alike. */
export async function run(race: Race): Promise<{
  /** Microseconds a call, or with several in flight calls per second. */
  readonly figures: Figures;
  /** Microseconds of processor time that client and server together spend on a call. */
  readonly processorUs: Figures;
}> {
  const children: Child[] = [];
  try {
    const callers: {
      readonly title: string;
      readonly pids: readonly number[];
      readonly ask: (line: string) => Promise<string>;
    }[] = [];
    for (const { title, command } of race.contestants) {
      const server = start(children, race.pinned, command, 'serve');
      const port = await asker(server)('');
      const client = start(children, race.pinned, command, 'call', port);
      callers.push({ title, pids: [server.pid ?? 0, client.pid ?? 0], ask: asker(client) });
    }
    for (const name of race.payloads) {
      for (const { ask } of callers) {
        await ask(roundLine(race, name, first));
      }
    }
    const figures = new Map(callers.map(({ title }) => [title, new Map<PayloadName, number>()]));
    const processorUs = new Map(callers.map(({ title }) => [title, new Map<PayloadName, number>()]));
    for (const name of race.payloads) {
      const measured = callers.map((caller) => ({
        ...caller,
        rounds: [] as number[],
        roundsUs: [] as number[],
      }));
      for (let round = -warmUps; round < race.rounds; round++) {
        for (const { ask, pids, rounds, roundsUs } of measured) {
          const beforeUs = processorUsOf(pids);
          const answer = await ask(roundLine(race, name, { forMs: race.roundMs }));
          const usedUs = processorUsOf(pids) - beforeUs;
          const [figure = NaN, calls = NaN] = answer.split(' ').map(Number);
          if (round >= 0) {
            rounds.push(figure);
            roundsUs.push(usedUs / calls);
          }
        }
      }
      for (const { title, rounds, roundsUs } of measured) {
        figures.get(title)?.set(name, median(rounds));
        processorUs.get(title)?.set(name, median(roundsUs));
      }
    }
    return { figures, processorUs };
  } finally {
    for (const child of children) {
      child.kill('SIGKILL');
    }
  }
}

function roundLine(
  { inFlight }: Race,
  name: PayloadName,
  length: { readonly forMs: number; readonly calls?: number },
): string {
  return `${JSON.stringify({ payload: payloads[name], inFlight, ...length })}\n`;
}

function start(children: Child[], pinned: boolean, command: readonly string[], ...args: string[]): Child {
  const pin = pinned ? ['taskset', '-c', '0'] : [];
  const [file = '', ...rest] = [...pin, ...command, ...args];
  const child = spawn(file, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, PYTHONDONTWRITEBYTECODE: '1' },
  });
  children.push(child);
  return child;
}

/** Returns a function that writes to a child and waits for its next line. */
function asker(child: Child): (text: string) => Promise<string> {
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}`);
  });
  ended.catch(() => undefined); // it ends in the end
  return async (text) => {
    const line = once(lines, 'line') as Promise<[string]>;
    child.stdin.write(text);
    const [answer] = await Promise.race([line, ended]);
    return answer;
  };
}

/** Returns how long processes have run on a processor, in microseconds: all of their threads. */
function processorUsOf(pids: readonly number[]): number {
  const tasks = pids.flatMap((pid) =>
    readdirSync(`/proc/${String(pid)}/task`).map((task) => `/proc/${String(pid)}/task/${task}/schedstat`),
  );
  const nanoseconds = tasks.map((path) => Number(readFileSync(path, 'utf8').split(' ')[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1000;
}
