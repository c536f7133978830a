import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A node's disk, and the credentials for it. */
export interface NodeDisk {
  readonly portal: string;
  readonly iqn: string;
  readonly lun: number;
  readonly initiator: string;
  readonly user: string;
  readonly secret: string;
}

/** What qemu-io prints after a command that succeeded, and after one that failed. */
const ended = /(?:wrote|read) (\d+)\/\1 bytes[^]*ops\/sec/;
const failure = /failed|error/i;

/**
 * Nodes that are connected (by QEMU and libiscsi, as a diskless machine of QEMU is), write to their disks and read back
 * what they wrote, all the time. Any of them that gets an error fails what waits for them. Disposal ends them.
 */
export class BusyNodes implements AsyncDisposable {
  readonly #nodes: readonly BusyNode[];

  private constructor(nodes: readonly BusyNode[]) {
    this.#nodes = nodes;
  }

  /** Logs the nodes in, and waits until each has used its disk. */
  static async start(disks: readonly NodeDisk[]): Promise<BusyNodes> {
    const busy = new BusyNodes(disks.map((disk) => new BusyNode(disk)));
    await busy.work();
    return busy;
  }

  /** Waits until each has started and completed another write and read. @throws Error when one has failed */
  async work(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.works()));
  }

  /** The longest time that one waited for a write or a read, in milliseconds. */
  get slowestMs(): number {
    return Math.max(...this.#nodes.map(({ slowestMs }) => slowestMs));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.end()));
  }
}

class BusyNode {
  readonly #child: ChildProcess;
  #output = '';
  #done = 0;
  #beganMs = performance.now();
  slowestMs = 0;

  constructor({ portal, iqn, lun, initiator, user, secret }: NodeDisk) {
    const options =
      `driver=iscsi,transport=tcp,portal=${portal},target=${iqn},lun=${String(lun)},` +
      `initiator-name=${initiator},user=${user},password-secret=chap`;
    this.#child = spawn('qemu-io', ['--object', `secret,id=chap,data=${secret}`, '--image-opts', options]);
    const collect = (text: Buffer): void => {
      this.#output += text.toString();
      if (ended.test(this.#output) && !failure.test(this.#output)) {
        this.#goOn();
      }
    };
    this.#child.stdout?.on('data', collect);
    this.#child.stderr?.on('data', collect);
    this.#child.stdin?.on('error', () => undefined); // it has ended, which shows by itself
    this.#command();
  }

  /** Waits until the current command has ended, and three more after it. */
  async works(): Promise<void> {
    const until = this.#done + 4;
    const giveUpAt = performance.now() + 120_000;
    while (this.#done < until) {
      const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (hasEnded || failure.test(this.#output) || performance.now() > giveUpAt) {
        throw new Error(`a connected node cannot use its disk: ${this.#output || 'it waits in vain'}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await gone;
    }
  }

  #goOn(): void {
    this.slowestMs = Math.max(this.slowestMs, performance.now() - this.#beganMs);
    this.#done += 1;
    this.#command();
  }

  /** A write, and then a read that compares, with another byte each time. */
  #command(): void {
    const verb = this.#done % 2 === 0 ? 'write' : 'read';
    const byte = (Math.floor(this.#done / 2) % 255) + 1;
    this.#output = '';
    this.#beganMs = performance.now();
    this.#child.stdin?.write(`${verb} -P ${String(byte)} 0 64k\n`);
  }
}
