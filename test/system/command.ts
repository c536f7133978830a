import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

import { root } from '../repository.js';

/** The result of a command. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** How long until the command is killed, in milliseconds; its status is -1 then. Default: 2 min. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

const folder = join(root, 'node_modules', '.bin');

/**
 * Returns the environment of commands: the project's own come first on the path; the user's settings are
 * dropped, and plain TCP is dialled.
 */
export function commandEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  const path = [folder, PATH, '/usr/sbin', '/sbin'].join(delimiter);
  return { PATH: path, HOME, TMPDIR, LC_ALL: 'C.UTF-8', PATCHBAY_INSECURE: '1', ...more };
}

/** Runs a command to its end, without input and with its output in pipes. */
export function run(words: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const [file = '', ...args] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: commandEnvironment(options.environment),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status: status ?? -1, stdout, stderr });
    });
  });
}

/** Runs a command that must succeed, and returns its standard output. @throws Error when it fails */
export async function output(words: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { status, stdout, stderr } = await run(words, options);
  if (status !== 0) {
    throw new Error(`"${words.join(' ')}" ended with status ${String(status)}: ${stderr || stdout}`);
  }
  return stdout;
}
