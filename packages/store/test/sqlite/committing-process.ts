import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process that commits without end, see commit-forever.ts. */
export class CommittingProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #numbers: string[] = [];
  readonly #closed: Promise<unknown>;
  #onLine: () => void = () => undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#closed = once(child, 'close');
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#numbers.push(line);
        this.#onLine();
      });
    }
  }

  static async start(directory: string, prefix: string): Promise<CommittingProcess> {
    const script = fileURLToPath(new URL('commit-forever.js', import.meta.url));
    const child = spawn(process.execPath, [script, directory, prefix], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const started = new CommittingProcess(child);
    await once(child, 'spawn');
    return started;
  }

  /** Waits until the process has said so many commits. */
  acknowledged(count: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onLine = () => {
        if (this.#numbers.length >= count) {
          resolve();
        }
      };
      this.#onLine();
      void this.#closed.then(() => {
        reject(new Error('the committing process ended by itself'));
      });
    });
  }

  /** Kills it with SIGKILL and returns every number that it said. */
  async kill(): Promise<readonly string[]> {
    this.#child.kill('SIGKILL');
    await this.#closed;
    return this.#numbers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
