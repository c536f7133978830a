import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, freePort, Scratch } from '@patchbay/objects/testing';

import { root } from '../repository.js';
import { type Outcome, type ProgramName, run, type Running, start } from './programs.js';

const workshop = join(root, 'packages/rpcserver/dist/test/fixtures/workshop.js');

/** One machine, in a directory: nobody says "insecure" on it. */
class OneMachine implements AsyncDisposable {
  readonly scratch: Scratch;
  readonly #running: Running[] = [];

  constructor(scratch: Scratch) {
    this.scratch = scratch;
  }

  get environment(): Readonly<Record<string, string>> {
    return { PATCHBAY_INSECURE: '', XDG_RUNTIME_DIR: this.scratch.path, HOME: this.scratch.path };
  }

  /** Where a service manager lets a daemon have its socket. */
  runtime(daemon: string): Readonly<Record<string, string>> {
    return { RUNTIME_DIRECTORY: this.scratch.file('patchbay', daemon) };
  }

  socket(daemon: string): string {
    return `unix:${this.scratch.file('patchbay', daemon, 'socket')}`;
  }

  /** Starts a daemon, and waits until it is ready. */
  async serve(program: ProgramName, words: readonly string[], more = {}): Promise<Running> {
    const running = start(program, ['start', ...words], { ...this.environment, ...more });
    this.#running.push(running);
    await eventually(() => {
      if (running.child.exitCode !== null) {
        throw new Error(`it ended: ${running.said.stderr}`);
      }
      return running.said.stderr.includes('server is ready');
    }, 30_000);
    return running;
  }

  call(...words: readonly string[]): Promise<Outcome> {
    return run('rpcclient', words, this.environment);
  }

  /** Writes the configuration of an RPC server with one object. */
  async configure(keys: Readonly<Record<string, unknown>>): Promise<string> {
    const file = this.scratch.file('rpcserver.yaml');
    const objects = [{ name: 'workshop', module: workshop, options: { color: 'red' } }];
    await writeFile(file, JSON.stringify({ stateDir: './state', objects, ...keys }, undefined, 1));
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child, ended } of this.#running.reverse()) {
      child.kill('SIGKILL');
      await ended;
    }
    await this.scratch.close();
  }
}

describe('One machine, on which nobody says anything of security', function () {
  this.timeout(120_000);

  it('has an authority from the first start on, and its server is a host of the cluster', async () => {
    await using machine = new OneMachine(await Scratch.make());
    const { scratch } = machine;
    const listen = machine.socket('nameserver');
    await machine.serve('nameserver', ['--state-dir', scratch.file('names'), '--listen', listen]);
    const file = await machine.configure({ listen: ['127.0.0.1:0', machine.socket('rpcserver')] });
    const { said } = await machine.serve('rpcserver', ['--config', file]);
    expect(said.stderr).to.include('enrolled this machine with its name server');
    expect(said.stderr).to.not.include('insecure');
    const called = await machine.call('describe', 'workshop');
    expect(called, called.stderr).to.include({ status: 0 });
    const hosts = await machine.call('identity.list_hosts', '--json');
    expect(JSON.parse(hosts.stdout)).to.have.nested.property('[0].state', 'active');
    const { address } = JSON.parse(
      said.stderr.split('\n').find((line) => line.includes('server is ready')) ?? '{}',
    ) as { readonly address: string };
    const stranger = await machine.call('--name-server', address, 'describe', 'workshop');
    expect(stranger.stderr).to.match(/LOGIN_REQUIRED: .*log in.*--insecure/);
    const plain = await machine.call('--insecure', '--name-server', address, 'ls');
    expect(plain.stderr).to.match(/TLS_REQUIRED/);
  });

  it('heals when its first start is killed, before the authority is made and after', async () => {
    await using machine = new OneMachine(await Scratch.make());
    const names = machine.scratch.file('names');
    const words = ['--state-dir', names, '--listen', machine.socket('nameserver')];
    const key = join(names, 'cluster.key');
    for (const seen of [() => existsSync(names), () => existsSync(`${key}.new`), () => existsSync(key)]) {
      const { child, ended } = start('nameserver', ['start', ...words], machine.environment);
      while (!seen() && !existsSync(key)) {
        await new Promise(setImmediate);
      }
      child.kill('SIGKILL');
      await ended;
    }
    const before = readFileSync(key);
    await machine.serve('nameserver', words);
    expect(readFileSync(key).equals(before)).to.equal(true);
    expect(readdirSync(names)).to.not.include('cluster.key.new');
    const hosts = await machine.call('identity.list_hosts');
    expect(hosts, hosts.stderr).to.include({ status: 0 });
  });

  it('is upgraded from ports of loopback by a start, and its callers take the sockets', async () => {
    await using machine = new OneMachine(await Scratch.make());
    const { scratch } = machine;
    const [nameServer, listen] = [await freePort(), await freePort()].map(
      (port) => `127.0.0.1:${String(port)}`,
    );
    const names = scratch.file('nameserver.yaml');
    await writeFile(names, `listen: ${String(nameServer)}\nstateDir: ${scratch.file('names')}\n`);
    await machine.serve('nameserver', ['--config', names], machine.runtime('nameserver'));
    const file = await machine.configure({ nameServer, listen });
    const { said } = await machine.serve('rpcserver', ['--config', file], machine.runtime('rpcserver'));
    expect(said.stderr).to.include('enrolled this machine with its name server');
    await eventually(async () => {
      const { stdout } = await machine.call('ls');
      expect(stdout).to.include('workshop').and.to.include(listen);
    }, 20_000);
    const called = await machine.call('describe', 'workshop');
    expect(called, called.stderr).to.include({ status: 0 });
  });
});
