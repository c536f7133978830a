import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { exitStatus } from './boot-sector.js';
import { commandEnvironment } from './command.js';

/** The address at which a machine behind QEMU's user network reaches the host's loopback. */
export const hostOfGuests = '10.0.2.2';

/** How QEMU ended: by the status of the debug port, by itself, or by a signal. */
type End = number | NodeJS.Signals | null;

/** A virtual machine without a disk, which boots from the network by iPXE; its serial output is captured. */
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
    // Writing to a machine that has just ended; its end is detected separately.
    child.stdin?.on('error', () => undefined);
    child.on('exit', () => {
      this.#wake();
    });
  }

  /** Starts one, fully emulated; its network card requests `bootFile` over HTTP. */
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

  /** Its output so far. */
  get printed(): string {
    return this.#printed;
  }

  /** The number of the last round that it has printed. */
  get round(): number {
    return Number.parseInt([...this.#printed.matchAll(/round ([0-9a-f]{4})\r\n/g)].at(-1)?.[1] ?? '0', 16);
  }

  /** Waits until it has printed a text. @throws Error if it ends before, or 60 s have passed */
  prints(text: string): Promise<void> {
    return this.#until(`print "${text}"`, () => this.#printed.includes(text));
  }

  /** Waits until some more rounds of writing and reading have succeeded. @throws Error as `prints` */
  async works(): Promise<void> {
    // The current round may have been written before whatever the test did.
    const enough = this.round + 5;
    await this.#until('write and read', () => this.round >= enough);
  }

  /** Makes the program exit, and returns how it ended. */
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
