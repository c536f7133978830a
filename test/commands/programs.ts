import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from '../repository.js';

/** The commands, as they are built. */
export type ProgramName = 'nameserver' | 'rpcclient' | 'rpcserver' | 'patchbay-storage' | 'patchbay-host';

/** What came of a command. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly said: { stdout: string; stderr: string };
  readonly ended: Promise<Outcome>;
}

/** Returns the path of a command, as the build has linked it. */
export function fileOf(program: ProgramName): string {
  return join(root, 'node_modules', '.bin', program);
}

/** Starts a command; of the environment it sees only the path and what is given, and it dials plain TCP. */
export function start(
  program: ProgramName,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  stdin: 'ignore' | 'pipe' = 'ignore',
): Running {
  return follow(
    spawn(process.execPath, [fileOf(program), ...words], {
      env: { PATH: process.env.PATH, PATCHBAY_INSECURE: '1', ...environment },
      stdio: [stdin, 'pipe', 'pipe'],
    }),
  );
}

/** Starts a command on a terminal of its own, whose screen is `stdout`. Its words may hold no spaces. */
export function onTerminal(
  program: ProgramName,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Running {
  // `exec`: a shell that stayed would get Ctrl-C too, and some (dash) then end with 130 whatever the command says.
  const line = ['exec', process.execPath, fileOf(program), ...words].join(' ');
  return follow(
    spawn('script', ['-qec', line, '/dev/null'], {
      env: { ...process.env, PATCHBAY_INSECURE: '1', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
}

/** Follows a process that was started with pipes. */
export function follow(child: ChildProcess): Running {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...said }));
  return { child, said, ended };
}

/** Runs a command to its end. */
export function run(
  program: ProgramName,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return start(program, words, environment).ended;
}

/** Makes a directory that goes with the `await using` that holds it. */
export async function scratchDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'patchbay-commands-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
