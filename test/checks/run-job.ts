import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { root } from '../repository.js';
import type { Tally } from './conclusion.js';
import type { Job } from './jobs.js';

/** What a job left. */
export interface JobResult {
  /** Whether it ended with status 0, and tests got to their end. */
  readonly passed: boolean;
  /** All that it printed. */
  readonly output: string;
  /** What the reporter counted; undefined for checks, and for tests that did not get to their end. */
  readonly tally: Tally | undefined;
  readonly durationMs: number;
}

/** How long a job may take, in milliseconds; one that takes longer hangs. */
const limitMs = 20 * 60_000;
/** How long a job that is interrupted has to clean up, in milliseconds. */
const graceMs = 15_000;

/** Runs a job to its end, or until the signal aborts: then it is interrupted as by Ctrl-C, and killed if it stays. */
export async function runJob(job: Job, signal: AbortSignal): Promise<JobResult> {
  const beganMs = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-check-'));
  const tallyFile = join(folder, 'tally');
  const { status, output } = await runProcess(job.argv, tallyFile, signal);
  const tally = job.isMocha ? await readTally(tallyFile) : undefined;
  await rm(folder, { recursive: true });
  const passed = status === 0 && (tally !== undefined || !job.isMocha);
  return { passed, output, tally, durationMs: performance.now() - beganMs };
}

function runProcess(
  argv: readonly string[],
  tallyFile: string,
  signal: AbortSignal,
): Promise<{ status: number; output: string }> {
  const [file = '', ...args] = argv;
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return new Promise((resolve) => {
    // It leads a process group, so that what it started is ended with it.
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, PATH: path, PATCHBAY_TALLY: tallyFile },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const add = (text: string): void => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);

    const signalGroup = (name: NodeJS.Signals): void => {
      if (child.pid === undefined) {
        return; // it did not start; and 0 would be our own group
      }
      try {
        process.kill(-child.pid, name);
      } catch {
        // All of it has ended.
      }
    };
    let killTimer: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      signalGroup('SIGINT');
      killTimer ??= setTimeout(signalGroup, graceMs, 'SIGKILL');
    };
    const limitTimer = setTimeout(() => {
      add(`\nit has taken ${String(limitMs / 60_000)} minutes, and is ended\n`);
      interrupt();
    }, limitMs);
    signal.addEventListener('abort', interrupt, { once: true });

    const settle = (status: number): void => {
      clearTimeout(killTimer);
      clearTimeout(limitTimer);
      signal.removeEventListener('abort', interrupt);
      resolve({ status, output });
    };
    child.once('error', (error) => {
      add(`cannot run ${file}: ${error.message}\n`);
      settle(-1);
    });
    child.once('exit', () => {
      signalGroup('SIGKILL'); // what it left behind, which may hold its output
    });
    child.once('close', (status) => {
      settle(status ?? -1);
    });
  });
}

async function readTally(file: string): Promise<Tally | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Tally;
  } catch {
    return undefined;
  }
}
