import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { commandEnvironment } from './command.js';
import { type NodeDisk, qemuOptions } from './initiator.js';

/** What qemu-io prints when a command on a MiB has ended well, and when it has not. */
const ended = /(?:wrote|read) 1048576\/1048576 bytes[^]*ops\/sec/;
const failure = /failed|error/i;

/** A node that keeps writing to its disk and reads back what it wrote, in one session that stays; dispose of it to end it. */
export class BusyNode implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';
  #done = 0;
  #wake: () => void = () => undefined;

  private constructor(disk: NodeDisk) {
    this.#child = spawn('qemu-io', qemuOptions(disk), { env: commandEnvironment(), stdio: 'pipe' });
    const collect = (chunk: Buffer): void => {
      this.#output += chunk.toString();
      this.#look();
    };
    this.#child.stdout?.on('data', collect);
    this.#child.stderr?.on('data', collect);
    // A command for one that has just ended; its end is seen by itself.
    this.#child.stdin?.on('error', () => undefined);
    this.#child.on('exit', () => {
      this.#wake();
    });
  }

  /** Logs in as the node and begins. */
  static async start(disk: NodeDisk): Promise<BusyNode> {
    const node = new BusyNode(disk);
    node.#command();
    await node.works();
    return node;
  }

  /**
   * Waits until another write and a read of it were begun and ended well.
   * @throws Error when anything that it did failed, or 60 s have passed
   */
  async works(): Promise<void> {
    // The command that is under way may have been answered already.
    const until = this.#done + 3;
    const tooLong = setTimeout(() => this.#child.kill('SIGKILL'), 60_000);
    try {
      while (this.#done < until) {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null || failure.test(this.#output)) {
          throw new Error(`the node cannot use its disk: ${this.#output || 'it waits in vain'}`);
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
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
  }

  /** Gives qemu-io one command; it does not look at a second that comes with the first. */
  #command(): void {
    const verb = this.#done % 2 === 0 ? 'write' : 'read';
    const pattern = (Math.floor(this.#done / 2) % 255) + 1;
    this.#child.stdin?.write(`${verb} -P ${String(pattern)} 0 1M\n`);
  }

  #look(): void {
    if (ended.test(this.#output) && !failure.test(this.#output)) {
      this.#done += 1;
      this.#output = '';
      this.#command();
    }
    this.#wake();
  }
}
