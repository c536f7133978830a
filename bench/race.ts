import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Readable, type Writable } from 'node:stream';

import { type Contestant } from './contestants.js';
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

/** Measures by title and payload: the median of rounds that take turns, so that other load affects all alike. */
export async function run(race: Race): Promise<ReadonlyMap<string, ReadonlyMap<PayloadName, number>>> {
  const children: Child[] = [];
  try {
    const callers: { readonly title: string; readonly ask: (line: string) => Promise<string> }[] = [];
    for (const { title, command } of race.contestants) {
      const server = start(children, race.pinned, command, 'serve');
      const port = await asker(server)('');
      callers.push({ title, ask: asker(start(children, race.pinned, command, 'call', port)) });
    }
    for (const name of race.payloads) {
      for (const { ask } of callers) {
        await ask(roundLine(race, name, first));
      }
    }
    const figures = new Map(callers.map(({ title }) => [title, new Map<PayloadName, number>()]));
    for (const name of race.payloads) {
      const measured = callers.map((caller) => ({ ...caller, rounds: [] as number[] }));
      for (let round = -warmUps; round < race.rounds; round++) {
        for (const { ask, rounds } of measured) {
          const figure = Number(await ask(roundLine(race, name, { forMs: race.roundMs })));
          if (round >= 0) {
            rounds.push(figure);
          }
        }
      }
      for (const { title, rounds } of measured) {
        figures.get(title)?.set(name, median(rounds));
      }
    }
    return figures;
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
