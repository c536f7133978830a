import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const program = new URL('../../../packages/nameserver/dist/src/bin/nameserver.js', import.meta.url).pathname;

/** The name server's daemon, on an address of its own, with its state in a directory. */
export class Daemon implements AsyncDisposable {
  readonly address: string;
  readonly #child: ChildProcess;

  private constructor(address: string, child: ChildProcess) {
    this.address = address;
    this.#child = child;
  }

  /** Starts it; `processor` pins it to that one, where wake-ups between processors do not hide the software. */
  static async start(stateDir: string, processor?: number): Promise<Daemon> {
    const words = [
      process.execPath,
      program,
      'start',
      '--insecure',
      '--listen',
      '127.0.0.1:0',
      '--state-dir',
      stateDir,
    ];
    const [file = '', ...args] = pinned(words, processor);
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface(child.stderr)) {
      const said = JSON.parse(line) as { message: string; address: string };
      if (said.message === 'name server is ready') {
        child.stderr.resume();
        return new Daemon(said.address, child);
      }
    }
    throw new Error('the name server ended before it was ready');
  }

  /** Returns its resident memory in MB. */
  async memoryMb(): Promise<number> {
    const status = await readFile(`/proc/${String(this.#child.pid)}/status`, 'utf8');
    return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill();
      await once(this.#child, 'exit');
    }
  }
}

/** Returns the argv that runs a command on one processor, or on any. */
export function pinned(words: readonly string[], processor: number | undefined): readonly string[] {
  return processor === undefined ? words : ['taskset', '-c', String(processor), ...words];
}
