import { expect } from 'chai';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, Scratch } from '@patchbay/objects/testing';

import { root } from '../repository.js';
import { type Outcome, output, run } from './command.js';
import { Daemon } from './daemon.js';
import { Network } from './network.js';
import { describeSystem } from './scratch.js';

const names = ['hub', 'web1', 'web2'] as const;
type Host = (typeof names)[number];
const addresses: Readonly<Record<Host, string>> = { hub: '10.77.0.1', web1: '10.77.0.2', web2: '10.77.0.3' };
const nameServer = '10.77.0.1:7440';
const diary = join(root, 'packages/jobs/dist/test/host/fixtures/diary.js');

/** Three machines with certificates: each has an RPC server with a diary, and an agent; the first is where `jobs` is. */
class Fleet implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #network: Network;
  readonly #daemons: Daemon[] = [];

  private constructor(scratch: Scratch, network: Network) {
    this.#scratch = scratch;
    this.#network = network;
  }

  static async start(): Promise<Fleet> {
    const fleet = new Fleet(await Scratch.make(), await Network.connect(names));
    try {
      await fleet.#startNames();
      for (const host of names) {
        await fleet.#join(host);
      }
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command of the admin's. */
  admin(...words: readonly string[]): Promise<Outcome> {
    return run(this.#network.on('hub', 'rpcclient', ...words), this.#asAdmin);
  }

  /** Starts a command of the admin's that goes on; what it prints is its log. */
  follow(...words: readonly string[]): Promise<Daemon> {
    return this.#start('hub', 'following', ['rpcclient', ...words]);
  }

  startAgent(host: Host): Promise<Daemon> {
    return this.#start(host, `${host}-agent`, [
      ...['patchbay-host', 'start', '--config', this.#at(host, 'host.yaml')],
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of [...this.#daemons].reverse()) {
      await daemon[Symbol.asyncDispose]();
    }
    await this.#network[Symbol.asyncDispose]();
    await this.#scratch.close();
  }

  #at(host: Host, ...path: readonly string[]): string {
    return this.#scratch.file(host, ...path);
  }

  get #asAdmin(): { readonly environment: Readonly<Record<string, string>> } {
    return { environment: { PATCHBAY_INSECURE: '', HOME: this.#at('hub') } };
  }

  async #start(host: Host, name: string, words: readonly string[]): Promise<Daemon> {
    const log = this.#scratch.file(`${name}.log`);
    const daemon = await Daemon.start(this.#network.on(host, ...words), log, this.#asAdmin.environment);
    this.#daemons.push(daemon);
    return daemon;
  }

  async #startNames(): Promise<void> {
    await mkdir(this.#at('hub'));
    const where = ['--listen', nameServer, '--state-dir', this.#at('hub', 'names')];
    const made = await output(
      this.#network.on('hub', 'nameserver', 'init', ...where, '--json'),
      this.#asAdmin,
    );
    const { adminToken } = JSON.parse(made) as { readonly adminToken: { readonly token: string } };
    const daemon = await this.#start('hub', 'names', ['nameserver', 'start', ...where]);
    await daemon.ready(async () => {
      expect(await daemon.log()).to.include('name server is ready');
    });
    await this.#enrol('hub', adminToken.token, 'rpcclient', 'login', nameServer);
  }

  async #enrol(host: Host, token: string, ...words: readonly string[]): Promise<void> {
    const typed = this.#scratch.file('typed');
    await writeFile(typed, `${token}\n`, { mode: 0o600 });
    const command = `"$@" --token - <${typed}`;
    await output(this.#network.on(host, 'sh', '-c', command, 'sh', ...words), this.#asAdmin);
  }

  async #join(host: Host): Promise<void> {
    const socket = `unix:${this.#at(host, 'socket')}`;
    const objects = [
      { name: 'diary', module: diary, shared: true },
      ...(host === 'hub' ? [{ name: 'jobs', module: '@patchbay/jobs' }] : []),
    ];
    await mkdir(this.#at(host), { recursive: true });
    const config = this.#at(host, 'rpcserver.yaml');
    const stateDir = this.#at(host, 'state');
    const listen = [`${addresses[host]}:7441`, socket];
    await writeFile(config, JSON.stringify({ nameServer, listen, stateDir, objects }));
    const identity = join(stateDir, 'identity.json');
    const agent = { nameServer, servers: [socket], stateDir: this.#at(host, 'agent'), identity };
    await writeFile(this.#at(host, 'host.yaml'), JSON.stringify(agent));
    const made = await this.admin(
      ...['identity.create_token', 'host', host, '--names', 'diary', '--names', 'jobs', '--json'],
    );
    const { token } = JSON.parse(made.stdout) as { readonly token: string };
    await this.#enrol(host, token, 'rpcserver', 'join', nameServer, '--config', config);
    const daemon = await this.#start(host, host, ['rpcserver', 'start', '--config', config]);
    await daemon.ready(async () => {
      expect(await daemon.log()).to.include('RPC server is ready');
    });
  }
}

describeSystem('A run on three hosts with certificates', ['ip'], () => {
  it('is followed live, and reaches the host that was away as soon as it is back', async () => {
    await using fleet = await Fleet.start();
    // The one that keeps the jobs is told by the name server who the hosts are.
    const grant = ['host:hub', 'viewer', 'identity', '--methods', 'list_members'];
    expect(await fleet.admin('identity.grant', ...grant)).to.include({ status: 0 });
    await fleet.startAgent('hub');
    await fleet.startAgent('web1');
    await eventually(async () => {
      const { stdout } = await fleet.admin('jobs.preview_hosts', '*', '--json');
      const hosts = JSON.parse(stdout) as { name: string; online: boolean }[];
      expect(hosts.map(({ name, online }) => [name, online])).to.deep.equal([
        ['hub', true],
        ['web1', true],
        ['web2', false],
      ]);
    }, 30_000);

    const following = await fleet.follow('diary.read_out', 'one', 'two', '--on', '*');
    const lines = async (host: Host): Promise<string[]> =>
      (await following.log()).split('\n').filter((line) => line.startsWith(`${host}: `));
    await eventually(async () => {
      for (const host of ['hub', 'web1'] as const) {
        expect(await lines(host), await following.log()).to.deep.equal([`${host}: "one"`, `${host}: "two"`]);
      }
    }, 20_000);
    expect(await following.log()).to.include('away: web2');
    expect(await lines('web2')).to.deep.equal([]);
    expect(following.runs).to.equal(true);

    const agent = await fleet.startAgent('web2');
    await agent.ready(async () => {
      expect(await agent.log()).to.include('agent is ready');
    });
    const backAtMs = Date.now();
    await eventually(async () => {
      expect(await lines('web2')).to.deep.equal([`web2: "one"`, `web2: "two"`]);
    }, 20_000);
    expect(Date.now() - backAtMs).to.be.below(5_000); // 1 s, and the time of a busy machine
    await eventually(() => !following.runs, 10_000);
    expect(await following.terminate()).to.equal(0);
  });
});
