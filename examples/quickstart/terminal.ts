import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The result of a command. */
export interface Outcome {
  readonly exitStatus: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The project's commands come first on the path, as `npx` or an installation would have it. */
const path = [join(process.cwd(), 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);

/** Runs commands as a user would type them, and shows each with its output. */
export class Terminal {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;

  /**
   * @param environment variables of every command, in addition to those of this process
   * @param signal aborts the tour: no further command is run
   */
  constructor(environment: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#signal = signal;
    this.#environment = { ...process.env, ...environment, PATH: path };
  }

  /** Prints a comment between the commands. */
  say(text: string): void {
    process.stdout.write(`\n# ${text}\n`);
  }

  /** Runs a command and shows it; throws unless it ends as expected. */
  async run(words: readonly string[], options: { readonly fails?: boolean } = {}): Promise<Outcome> {
    process.stdout.write(`$ ${typed(words)}\n`);
    const outcome = await this.quietly(words);
    this.#signal.throwIfAborted();
    process.stdout.write(indented(outcome.stdout) + indented(outcome.stderr));
    if ((outcome.exitStatus !== 0) !== (options.fails ?? false)) {
      throw new Error(`"${typed(words)}" ended with status ${String(outcome.exitStatus)}`);
    }
    return outcome;
  }

  /** Runs a command without showing it. */
  quietly(words: readonly string[]): Promise<Outcome> {
    this.#signal.throwIfAborted();
    const [file = '', ...args] = words;
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
  start(words: readonly string[], logFile: number): ReturnType<typeof spawn> {
    process.stdout.write(`$ ${typed(words)} &\n`);
    const [file = '', ...args] = words;
    // Its own process group, so that Ctrl-C does not end it before its clients.
    return spawn(file, args, {
      env: this.#environment,
      stdio: ['ignore', logFile, logFile],
      detached: true,
    });
  }
}

/** Quotes arguments for a shell. */
function typed(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

function indented(text: string): string {
  return text.trimEnd() === '' ? '' : `${text.trimEnd().replace(/^/gm, '    ')}\n`;
}
