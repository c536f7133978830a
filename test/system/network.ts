import { output } from './command.js';

/** Three machines as far as the network goes: namespaces at 10.77.0.1, .2 and .3 that see each other and nothing else. */
export class Network implements AsyncDisposable {
  readonly #hosts: readonly string[];

  private constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
  }

  /** Makes a namespace for each host, and a switch between them. */
  static async connect(hosts: readonly string[]): Promise<Network> {
    const network = new Network(hosts);
    try {
      const hub = network.#namespace('switch');
      await output(['ip', 'netns', 'add', hub]);
      await output(['ip', '-n', hub, 'link', 'add', 'switch', 'type', 'bridge']);
      await output(['ip', '-n', hub, 'link', 'set', 'switch', 'up']);
      for (const [index, host] of hosts.entries()) {
        const own = network.#namespace(host);
        const port = `port${String(index)}`;
        await output(['ip', 'netns', 'add', own]);
        const peer = ['type', 'veth', 'peer', 'name', port, 'netns', hub];
        await output(['ip', '-n', own, 'link', 'add', 'lan', ...peer]);
        await output(['ip', '-n', hub, 'link', 'set', port, 'master', 'switch', 'up']);
        await output(['ip', '-n', own, 'address', 'add', `10.77.0.${String(index + 1)}/24`, 'dev', 'lan']);
        await output(['ip', '-n', own, 'link', 'set', 'lan', 'up']);
        await output(['ip', '-n', own, 'link', 'set', 'lo', 'up']);
      }
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns the words that run a command on a host. */
  on(host: string, ...words: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.#namespace(host), ...words];
  }

  /** Removes the namespaces; what runs in them keeps its own until it ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of [...this.#hosts, 'switch'].map((host) => this.#namespace(host))) {
      await output(['ip', 'netns', 'delete', each]).catch(() => undefined); // it was not made
    }
  }

  #namespace(host: string): string {
    return `pb-${String(process.pid)}-${host}`;
  }
}
