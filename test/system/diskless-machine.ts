import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { exitStatus } from './boot-sector.js';
import { commandEnvironment } from './command.js';

/** By this address a machine behind QEMU's user network reaches what listens on the host's loopback. */
export const hostOfGuests = '10.0.2.2';

/** Without the debug port's status QEMU ended by itself, or was killed. */
type End = number | NodeJS.Signals | null;

/** A virtual machine without a disk, which boots from the network by iPXE, and whose serial line is read here. */
export class DisklessMachine implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<End>;
  #printed = '';
  #wake: () => void = () => undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as End);
    const collect = (chunk: Buffer): void => {
      this.#printed += chunk.toString('latin1');
      this.#wake();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    // A word to one that has just ended; its end is seen by itself.
    child.stdin?.on('error', () => undefined);
    child.on('exit', () => {
      this.#wake();
    });
  }

  /** Starts one, emulated as a whole; its network card asks for `bootFile` by HTTP. */
  static async start({ mac, bootFile }: { mac: string; bootFile: string }): Promise<DisklessMachine> {
    const child = spawn(
      'qemu-system-x86_64',
      [
        ...[
          '-accel',
          'tcg',
          '-m',
          '32',
          '-nodefaults',
          '-no-user-config',
          '-display',
          'none',
          '-vga',
          'none',
        ],
        ...['-serial', 'stdio', '-boot', 'n', '-netdev', `user,id=n,bootfile=${bootFile}`],
        ...['-device', `virtio-net-pci,netdev=n,mac=${mac}`],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
      ],
      { env: commandEnvironment(), stdio: 'pipe' },
    );
    await once(child, 'spawn');
    return new DisklessMachine(child);
  }

  /** What it has printed. */
  get printed(): string {
    return this.#printed;
  }

  /** The number of the last round that it has told of. */
  get round(): number {
    return Number.parseInt([...this.#printed.matchAll(/round ([0-9a-f]{4})\r\n/g)].at(-1)?.[1] ?? '0', 16);
  }

  /** Waits until it has printed a text. @throws Error when it ends before, or 60 s have passed */
  prints(text: string): Promise<void> {
    return this.#until(`print "${text}"`, () => this.#printed.includes(text));
  }

  /** Waits until some more rounds of writing and reading have ended well. @throws Error as `prints` */
  async works(): Promise<void> {
    // The round that is under way may have been written before whatever happened.
    const enough = this.round + 5;
    await this.#until('write and read', () => this.round >= enough);
  }

  /** Tells the program to end, and gives how it did. */
  async end(): Promise<'done' | 'failed' | End> {
    this.#child.stdin?.write('q');
    const end = await this.#ended;
    return end === exitStatus.done ? 'done' : end === exitStatus.failed ? 'failed' : end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await this.#ended;
    }
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(60_000);
    late.addEventListener('abort', () => {
      this.#wake();
    });
    while (!isSo()) {
      const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (late.aborted || hasEnded) {
        const why = hasEnded ? 'it ended' : 'it takes too long';
        throw new Error(`the machine does not ${what}: ${why}; it printed ${JSON.stringify(this.#printed)}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
