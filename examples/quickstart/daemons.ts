import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import type { Terminal } from './terminal.js';

const patienceMs = 10_000;

/** The daemons of the quickstart; disposal ends them, the last started first. */
export class Daemons implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #directory: string;
  readonly #running: { readonly child: ChildProcess; readonly log: FileHandle; readonly words: string }[] =
    [];

  constructor(terminal: Terminal, directory: string) {
    this.#terminal = terminal;
    this.#directory = directory;
  }

  /** Starts a daemon and waits until a probe command succeeds. */
  async start(words: readonly string[], probe: readonly string[]): Promise<void> {
    const name = words[0] ?? 'daemon';
    const logPath = join(this.#directory, `${name}.log`);
    const log = await open(logPath, 'w');
    const child = this.#terminal.start(words, log.fd);
    this.#running.push({ child, log, words: words.join(' ') });
    const giveUpAt = performance.now() + patienceMs;
    while ((await this.#terminal.quietly(probe)).exitStatus !== 0) {
      if (child.exitCode !== null || performance.now() > giveUpAt) {
        throw new Error(`${name} did not start:\n${await readFile(logPath, 'utf8')}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child, log, words } of this.#running.splice(0).reverse()) {
      if (child.exitCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await log.close();
      if (child.exitCode !== 0) {
        throw new Error(`"${words}" ended with status ${String(child.exitCode ?? child.signalCode)}`);
      }
    }
  }
}
