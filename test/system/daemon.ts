import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';

import { eventually } from '@patchbay/objects/testing';

import { commandEnvironment } from './command.js';

/** A daemon that was started by its command; disposal ends it. */
export class Daemon implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #logFile: string;

  private constructor(child: ChildProcess, logFile: string) {
    this.#child = child;
    this.#logFile = logFile;
  }

  /** Starts a command; its output is appended to a log file. */
  static async start(
    words: readonly string[],
    logFile: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Daemon> {
    const log = await open(logFile, 'a');
    try {
      const [file = '', ...args] = words;
      const child = spawn(file, args, {
        env: commandEnvironment(environment),
        stdio: ['ignore', log.fd, log.fd],
      });
      await once(child, 'spawn');
      return new Daemon(child, logFile);
    } finally {
      await log.close();
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits until a probe succeeds. @throws Error with the daemon's log if it exits before, or takes too long */
  async ready(probe: () => Promise<unknown>): Promise<void> {
    try {
      await eventually(async () => {
        if (!this.runs) {
          return; // it can no longer become ready
        }
        await probe();
      }, 30_000);
    } catch (error) {
      throw new Error(`a daemon did not become ready; its log:\n${await this.log()}`, { cause: error });
    }
    if (!this.runs) {
      throw new Error(`a daemon exited before it was ready; its log:\n${await this.log()}`);
    }
  }

  log(): Promise<string> {
    return readFile(this.#logFile, 'utf8');
  }

  /** Terminates it and returns its exit status, or the name of the signal that ended it. */
  terminate(): Promise<number | string> {
    return this.#end('SIGTERM');
  }

  /** Stops its process, with its connections open: only a kill ends it then. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  /** Kills it. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }

  async #end(signal: NodeJS.Signals): Promise<number | string> {
    if (this.runs) {
      const ended = once(this.#child, 'exit');
      this.#child.kill(signal);
      const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
      await ended;
      clearTimeout(tooLong);
    }
    return this.#child.exitCode ?? this.#child.signalCode ?? 'gone';
  }
}
