import { execa } from 'execa';
import { StringDecoder } from 'node:string_decoder';

import type { RpcError } from '@patchbay/objects';

import { storageError } from './errors.js';

/** How a program is run. */
export interface ExecOptions {
  /** Terminates the program and all of its children; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the program may run, in milliseconds; default: 60 s; 0: no limit. */
  readonly timeoutMs?: number | undefined;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Written to the program's standard input; default: none. */
  readonly input?: string | undefined;
  /** The path of the file that becomes the program's standard input. */
  readonly inputFile?: string | undefined;
  /**
   * Takes standard output piece by piece, while the program waits; the result has none then. If it throws, the program
   * is terminated and the promise rejects with what it threw.
   */
  readonly onStdout?: ((piece: Buffer) => Promise<void>) | undefined;
  /** The exit codes that count as success; default: only 0. */
  readonly okExitCodes?: readonly number[] | undefined;
  /** Called with each line of standard output as it arrives; a carriage return ends a line too. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
  /** Secrets in the arguments or the output; errors show `***` in their place. */
  readonly redact?: readonly string[] | undefined;
}

/** The output of a program that succeeded. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * Runs a program with an argument array, never through a shell, and waits until it exits.
 * @throws ExecError when it fails; RpcError `TOOL_MISSING` when it is not installed
 */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** Thrown when a program fails: by its exit code, a signal, or its timeout. */
export class ExecError extends Error {
  override readonly name = 'ExecError';
  readonly file: string;
  /** Undefined when a signal terminated the program. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** The last 2000 characters of its standard error. */
  readonly stderrTail: string;

  constructor(file: string, exitCode: number | undefined, timedOut: boolean, stderrTail: string) {
    const how = timedOut
      ? 'timed out'
      : exitCode === undefined
        ? 'was terminated by a signal'
        : `exited with ${String(exitCode)}`;
    super(`${file} ${how}${stderrTail === '' ? '' : `: ${stderrTail}`}`);
    this.file = file;
    this.exitCode = exitCode;
    this.timedOut = timedOut;
    this.stderrTail = stderrTail;
  }
}

/** How long a program has between SIGTERM and SIGKILL, in milliseconds. */
const graceMs = 2000;

/** Runs programs on this machine. */
export const execTool: Exec = async (file, args, options = {}) => {
  const { signal, timeoutMs = 60_000, redact = [] } = options;
  signal?.throwIfAborted();
  const child = execa(file, args, {
    // Messages in English, and the sbin directories, which the PATH of a daemon may lack.
    env: { LC_ALL: 'C', PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, ...options.env },
    // A process group of its own, so that the program's children are terminated with it.
    detached: true,
    reject: false,
    stripFinalNewline: false,
    ...(options.inputFile !== undefined
      ? { inputFile: options.inputFile }
      : options.input === undefined
        ? { stdin: 'ignore' as const }
        : { input: options.input }),
    buffer: { stdout: options.onStdout === undefined },
  });
  if (options.onStdoutLine !== undefined) {
    forwardLines(child.stdout, options.onStdoutLine);
  }

  const termination: { timedOut: boolean; failure?: Error } = { timedOut: false };
  let killer: NodeJS.Timeout | undefined;
  const terminate = (): void => {
    killGroup(child.pid, 'SIGTERM');
    killer ??= setTimeout(() => {
      killGroup(child.pid, 'SIGKILL');
    }, graceMs);
  };
  const expire = (): void => {
    termination.timedOut = true;
    terminate();
  };
  const timer = timeoutMs === 0 ? undefined : setTimeout(expire, timeoutMs);
  signal?.addEventListener('abort', terminate, { once: true });
  const taken = takeAll(child.stdout, options.onStdout).catch((error: unknown) => {
    termination.failure = error as Error;
    terminate();
  });
  try {
    const result = await child;
    await taken;
    signal?.throwIfAborted();
    if (termination.failure !== undefined) {
      throw termination.failure;
    }
    const { exitCode } = result;
    if (!termination.timedOut && exitCode !== undefined && (options.okExitCodes ?? [0]).includes(exitCode)) {
      return { stdout: options.onStdout === undefined ? result.stdout : '', stderr: result.stderr, exitCode };
    }
    if (result.code === 'ENOENT') {
      throw toolMissing(file);
    }
    const output = exitCode === undefined && result.code !== undefined ? result.code : result.stderr.trim();
    const secrets = redact.filter((secret) => secret !== '');
    const tail = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), output.slice(-2000));
    throw new ExecError(file, exitCode, termination.timedOut, tail);
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    signal?.removeEventListener('abort', terminate);
  }
};

/** The Debian package of each program that a minimal system lacks. */
const packageOf: Readonly<Record<string, string>> = {
  tgtd: 'tgt',
  'qemu-img': 'qemu-utils',
  'qemu-io': 'qemu-utils',
  'iscsi-ls': 'libiscsi-bin',
  'iscsi-inq': 'libiscsi-bin',
  'mkfs.xfs': 'xfsprogs',
  gzip: 'gzip',
  bzip2: 'bzip2',
  xz: 'xz-utils',
  zstd: 'zstd',
};

/** Creates the `TOOL_MISSING` of a program, naming the Debian package to install. */
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
    // The group has already exited.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

async function takeAll(stream: AsyncIterable<unknown>, take: ExecOptions['onStdout']): Promise<void> {
  if (take !== undefined) {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      await take(piece);
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
