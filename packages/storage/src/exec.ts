import { execa, type Options } from 'execa';
import { StringDecoder } from 'node:string_decoder';

import { type RpcError } from '@patchbay/objects';

import { storageError } from './errors.js';

/** How a program is run. */
export interface ExecOptions {
  /** Ends the program and everything that it started; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the program may run, in milliseconds; 60 s when it is not given, for ever when it is 0. */
  readonly timeoutMs?: number | undefined;
  /** Set beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Written to the program's standard input, which is empty otherwise. */
  readonly input?: string | undefined;
  /** The exit codes that are no failure; only 0 when it is not given. */
  readonly okExitCodes?: readonly number[] | undefined;
  /** Called with each line of the standard output as it comes; a carriage return ends a line too. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
  /** Secrets among the arguments or the output; an error shows `***` in their place. */
  readonly redact?: readonly string[] | undefined;
}

/** What a program that ended well left behind. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * Runs a program with an argument array, never through a shell, and waits for its end.
 * @throws ExecError when it fails; RpcError `TOOL_MISSING` when it is not installed
 */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** A program that did not end as it should: by a code that is not fine, by a signal, or by its timeout. */
export class ExecError extends Error {
  override readonly name = 'ExecError';
  readonly file: string;
  /** Undefined when a signal ended the program. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** The last 2000 characters of its standard error. */
  readonly stderrTail: string;

  constructor(file: string, exitCode: number | undefined, timedOut: boolean, stderrTail: string) {
    const how = timedOut
      ? 'ran into its timeout'
      : exitCode === undefined
        ? 'was ended by a signal'
        : `exited with ${String(exitCode)}`;
    super(`${file} ${how}${stderrTail === '' ? '' : `: ${stderrTail}`}`);
    this.file = file;
    this.exitCode = exitCode;
    this.timedOut = timedOut;
    this.stderrTail = stderrTail;
  }
}

/** How long a program that was told to end may take before it is killed, in milliseconds. */
const graceMs = 2000;

/** The program's own words in English, and the administrator's programs also where a daemon's PATH lacks them. */
const baseEnv = (): Record<string, string> => ({
  LC_ALL: 'C',
  PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`,
});

/** Runs programs on this machine. */
export const execTool: Exec = async (file, args, options = {}) => {
  const { signal, timeoutMs = 60_000, redact = [] } = options;
  signal?.throwIfAborted();
  const settings = {
    env: { ...baseEnv(), ...options.env },
    // A process group of its own, so that what the program starts ends with it.
    detached: true,
    reject: false,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  } satisfies Options;
  const child = execa(file, args, settings);
  if (options.onStdoutLine !== undefined) {
    forwardLines(child.stdout, options.onStdoutLine);
  }

  const ending = { timedOut: false };
  let killer: NodeJS.Timeout | undefined;
  const end = (): void => {
    killGroup(child.pid, 'SIGTERM');
    killer ??= setTimeout(() => {
      killGroup(child.pid, 'SIGKILL');
    }, graceMs);
  };
  const timer =
    timeoutMs === 0
      ? undefined
      : setTimeout(() => {
          ending.timedOut = true;
          end();
        }, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  try {
    const result = await child;
    signal?.throwIfAborted();
    const { exitCode } = result;
    if (!ending.timedOut && exitCode !== undefined && (options.okExitCodes ?? [0]).includes(exitCode)) {
      return { stdout: result.stdout, stderr: result.stderr, exitCode };
    }
    if (result.code === 'ENOENT') {
      throw toolMissing(file);
    }
    const words = exitCode === undefined && result.code !== undefined ? result.code : result.stderr.trim();
    throw new ExecError(file, exitCode, ending.timedOut, hidden(words.slice(-2000), redact));
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    signal?.removeEventListener('abort', end);
  }
};

/** The Debian package of each program that is not on every machine. */
const packageOf: Readonly<Record<string, string>> = {
  tgtd: 'tgt',
  'qemu-img': 'qemu-utils',
  'qemu-io': 'qemu-utils',
  'iscsi-ls': 'libiscsi-bin',
  'iscsi-inq': 'libiscsi-bin',
  'mkfs.xfs': 'xfsprogs',
};

/** Makes the error that tells which Debian package to install. */
export function toolMissing(file: string): RpcError {
  const name = packageOf[file];
  return storageError(
    'TOOL_MISSING',
    `the program ${file} is not installed${name === undefined ? '' : `; on Debian: apt-get install ${name}`}`,
    { details: { program: file, ...(name === undefined ? {} : { package: name }) } },
  );
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, signal);
    }
  } catch (error) {
    // The group has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

function forwardLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const decoder = new StringDecoder();
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split(/\r\n|\r|\n/);
    rest = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  stream.on('end', () => {
    if (rest !== '') {
      onLine(rest);
    }
  });
}

function hidden(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((all, secret) => all.replaceAll(secret, '***'), text);
}
