import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';

import { fileOf, follow, type Running } from './programs.js';

/** How each shell is started on a terminal without what a user has configured. */
const commandLines = { bash: 'bash --norc --noprofile -i', zsh: 'zsh -f -i' } as const;
/** How long a shell that was told to end is waited for, in milliseconds. */
const patienceMs = 5_000;
export type ShellName = keyof typeof commandLines;

/** A shell on a terminal of its own, into which a test types. The command stands on its path. */
export class Shell implements AsyncDisposable {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  /** @param home a directory for the shell alone, where it also works */
  static async start(
    name: ShellName,
    home: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<Shell> {
    await installCommand(join(home, 'bin'));
    const child = spawn('script', ['-qec', commandLines[name], '/dev/null'], {
      cwd: home,
      env: {
        PATH: `${join(home, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
        HOME: home,
        TERM: 'xterm',
        INPUTRC: '/dev/null',
        HISTFILE: '/dev/null',
        ...environment,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const shell = new Shell(follow(child));
    const prepare = name === 'zsh' ? 'autoload -Uz compinit && compinit -u -D; ' : '';
    shell.type(`${prepare}PS1=; eval "$(rpcclient completion ${name})"; echo rea''dy\n`);
    await shell.until(/^ready/m);
    return shell;
  }

  /** What was on the screen so far. */
  get screen(): string {
    return this.#running.said.stdout;
  }

  type(text: string): void {
    this.#running.child.stdin?.write(text);
  }

  /** Waits until something stands on the screen. */
  async until(wanted: RegExp): Promise<void> {
    await eventually(() => {
      if (!wanted.test(this.screen)) {
        throw new Error(`${String(wanted)} does not stand on the screen: ${JSON.stringify(this.screen)}`);
      }
    }, 30_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.type('\u0003\nexit\n');
    const { child, ended } = this.#running;
    const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs); // the shell's terminal goes with it
    await ended;
    clearTimeout(kill);
  }
}

async function installCommand(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'rpcclient');
  await writeFile(path, `#!/bin/sh\nexec node '${fileOf('rpcclient')}' "$@"\n`);
  await chmod(path, 0o755);
}
