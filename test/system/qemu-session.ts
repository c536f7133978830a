import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { commandEnvironment } from './command.js';
import { type NodeDisk, qemuOptions } from './initiator.js';

/** What qemu-io prints when a command has succeeded, and when it has failed. */
const ended = /(?:wrote|read) (\d+)\/\1 bytes[^]*ops\/sec/;
const failure = /failed|error/i;

/** Wraps the argv of a command so that it runs somewhere else. */
export type Enter = (...words: readonly string[]) => readonly string[];

/** One login of a node, kept open for many commands of qemu-io, one at a time; disposal ends it. */
export class QemuSession implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';
  #wake: () => void = () => undefined;

  /**
   * Logs in as the node; the first command shows whether that succeeded.
   * @param enter wraps the argv so that it runs where the node should be
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
    // Writing to a session that has just ended; its end is detected separately.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.on('exit', () => {
      this.#wake();
    });
  }

  /** Runs one `read` or `write`. @throws Error if it failed, or has not finished after 60 s */
  async run(command: string): Promise<void> {
    this.#output = '';
    this.#child.stdin?.write(`${command}\n`);
    const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), 60_000);
    try {
      while (!ended.test(this.#output) || failure.test(this.#output)) {
        if (this.#hasEnded || failure.test(this.#output)) {
          throw new Error(`the node cannot use its disk: ${command}: ${this.#output || 'no response'}`);
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
