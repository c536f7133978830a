import { eventually } from '@patchbay/objects/testing';

import { type Outcome, type Running, start } from './programs.js';

/** A name server in a process of its own. */
export class NameServerProcess implements AsyncDisposable {
  readonly address: string;
  readonly #running: Running;

  private constructor(address: string, running: Running) {
    this.address = address;
    this.#running = running;
  }

  /** Starts one on a free port, or on the given addresses, and waits until it is ready. */
  static async start(stateDir: string, ...listen: readonly string[]): Promise<NameServerProcess> {
    const addresses = listen.length === 0 ? ['127.0.0.1:0'] : listen;
    const flags = addresses.flatMap((address) => ['--listen', address]);
    const running = start('nameserver', ['start', '--insecure', ...flags, '--state-dir', stateDir]);
    try {
      const address = await eventually(() => {
        const line = running.said.stderr.split('\n').find((each) => each.includes('name server is ready'));
        if (line === undefined) {
          throw new Error(`the name server is not ready: ${running.said.stderr}`);
        }
        return (JSON.parse(line) as { address: string }).address;
      }, 20_000);
      return new NameServerProcess(address, running);
    } catch (error) {
      running.child.kill('SIGKILL');
      throw error;
    }
  }

  /** Sends a signal and returns what came of the process. */
  end(signal: NodeJS.Signals): Promise<Outcome> {
    this.signal(signal);
    return this.#running.ended;
  }

  /** Sends a signal that does not end the process. */
  signal(signal: NodeJS.Signals): void {
    this.#running.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
