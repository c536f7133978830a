import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { commandEnvironment } from './command.js';
import { type NodeDisk, qemuOptions } from './initiator.js';

/** What qemu-io prints when a command has ended well, and when it has not. */
const ended = /(?:wrote|read) (\d+)\/\1 bytes[^]*ops\/sec/;
const failure = /failed|error/i;

/** Makes the words that run a command somewhere else of those that run it here. */
export type Enter = (...words: readonly string[]) => readonly string[];

/** One login of a node, kept open for many commands of qemu-io, one at a time; dispose of it to end it. */
export class QemuSession implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';
  #wake: () => void = () => undefined;

  /**
   * Logs in as the node; whether that went well is seen by the first command.
   * @param enter makes words of others, that run them where the node shall be
   */
  constructor(disk: NodeDisk, enter: Enter = (...words) => words) {
    const [file = '', ...args] = enter('qemu-io', ...qemuOptions(disk));
    this.#child = spawn(file, args, { env: commandEnvironment(), stdio: 'pipe' });
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString();
      this.#wake();
    };
    this.#child.stdout?.on('data', collect);
    this.#child.stderr?.on('data', collect);
    // A command for one that has just ended; its end is seen by itself.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.on('exit', () => {
      this.#wake();
    });
  }

  /** Does one `read` or `write`. @throws Error when it failed, or has not ended after 60 s */
  async run(command: string): Promise<void> {
    this.#output = '';
    this.#child.stdin?.write(`${command}\n`);
    const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), 60_000);
    try {
      while (!ended.test(this.#output) || failure.test(this.#output)) {
        if (this.#hasEnded || failure.test(this.#output)) {
          throw new Error(`the node cannot use its disk: ${command}: ${this.#output || 'it waits in vain'}`);
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(tooLong);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
