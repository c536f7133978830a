import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The outcome of a command. */
export interface Outcome {
  readonly exitStatus: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The project's commands come first on the path, as `npx` or an installation would have it. */
const path = [join(process.cwd(), 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);

/** Runs commands as the user would type them, and shows each with what it printed. */
export class Terminal {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;

  /**
   * @param environment variables of every command beside those of this process
   * @param signal ends the story: no further command is run
   */
  constructor(environment: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#signal = signal;
    this.#environment = { ...process.env, ...environment, PATH: path };
  }

  /** Prints a remark between the commands. */
  say(text: string): void {
    process.stdout.write(`\n# ${text}\n`);
  }

  /** Runs a command and shows it; fails unless it ends as expected. */
  async run(argv: readonly string[], options: { readonly fails?: boolean } = {}): Promise<Outcome> {
    process.stdout.write(`$ ${typed(argv)}\n`);
    const outcome = await this.quietly(argv);
    this.#signal.throwIfAborted();
    process.stdout.write(indented(outcome.stdout) + indented(outcome.stderr));
    if ((outcome.exitStatus !== 0) !== (options.fails ?? false)) {
      throw new Error(`"${typed(argv)}" ended with status ${String(outcome.exitStatus)}`);
    }
    return outcome;
  }

  /** Runs a command without showing it. */
  quietly(argv: readonly string[]): Promise<Outcome> {
    this.#signal.throwIfAborted();
    const [file = '', ...args] = argv;
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, { env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.on('error', reject);
      child.on('close', (status) => {
        resolve({ exitStatus: status ?? -1, stdout, stderr });
      });
    });
  }

  /** Starts a daemon and shows the command; its log goes to a file. */
  start(argv: readonly string[], logFile: number): ReturnType<typeof spawn> {
    process.stdout.write(`$ ${typed(argv)} &\n`);
    const [file = '', ...args] = argv;
    // A process group of its own, so that Ctrl-C does not end it before its clients.
    return spawn(file, args, {
      env: this.#environment,
      stdio: ['ignore', logFile, logFile],
      detached: true,
    });
  }
}

/** Quotes arguments for a shell. */
function typed(argv: readonly string[]): string {
  return argv
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

function indented(text: string): string {
  return text.trimEnd() === '' ? '' : `${text.trimEnd().replace(/^/gm, '    ')}\n`;
}
