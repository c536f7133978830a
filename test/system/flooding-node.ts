import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { commandEnvironment } from './command.js';
import { type NodeDisk, qemuOptions } from './initiator.js';

/** Sixteen concurrent writes, then a wait for all of them. */
const writes = `${'aio_write -q 0 4M\n'.repeat(16)}aio_flush\n`;

/** A node that writes to its disk as fast as it can, and reconnects by itself when it is cut off; disposal ends it. */
export class FloodingNode implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** Logs in as the node and begins. */
  constructor(disk: NodeDisk) {
    this.#child = spawn('qemu-io', qemuOptions(disk), {
      env: commandEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const feed = (): void => {
      while (this.#child.stdin?.writable === true && this.#child.stdin.write(writes)) {
        // The pipe accepts more.
      }
    };
    // It is killed while the pipe is full.
    this.#child.stdin?.on('drain', feed).on('error', () => undefined);
    feed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
  }
}
