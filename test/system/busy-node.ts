import type { NodeDisk } from './initiator.js';
import { QemuSession } from './qemu-session.js';

/** A node that keeps writing to its disk and reads back what it wrote, in one open session; disposal ends it. */
export class BusyNode implements AsyncDisposable {
  readonly #session: QemuSession;
  readonly #working: Promise<void>;
  #done = 0;
  #ending = false;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  private constructor(disk: NodeDisk) {
    this.#session = new QemuSession(disk);
    this.#working = this.#work();
  }

  /** Logs in as the node and begins. */
  static async start(disk: NodeDisk): Promise<BusyNode> {
    const node = new BusyNode(disk);
    await node.works();
    return node;
  }

  /**
   * Waits until another write, and a read of it, have started and succeeded.
   * @throws Error if any command failed or took longer than 60 s
   */
  async works(): Promise<void> {
    // The current command may already have been answered.
    const until = this.#done + 3;
    while (this.#done < until) {
      if (this.#failure !== undefined) {
        throw this.#failure;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    await this.#session[Symbol.asyncDispose]();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#ending) {
      const verb = this.#done % 2 === 0 ? 'write' : 'read';
      const pattern = (Math.floor(this.#done / 2) % 255) + 1;
      try {
        await this.#session.run(`${verb} -P ${String(pattern)} 0 1M`);
        this.#done += 1;
      } catch (error) {
        this.#failure = error as Error;
        this.#ending = true;
      }
      this.#wake();
    }
  }
}
